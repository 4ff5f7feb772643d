"""Metrics of pods: memory and CPU are compared pod by pod, restarts are counted."""

import time

import pytest

from testbed.cluster import Cluster
from testbed.shop import Rollout, Shop, rollout

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

STAGES = (("50%", "30s"), ("100%", "3s"))
LONG = (("50%", "10m"), ("100%", "10m"))
LONGEST = 200
A_MINUTE = 65
TWO_MINUTES = 125
ERRORS = {"preset": "istio-error-rate", "maxIncrease": "50%"}
MEMORY = {"preset": "memory", "maxIncrease": "50%"}
CPU = {"preset": "cpu", "maxIncrease": "50%"}
RESTARTS = {"preset": "restarts", "max": "0"}


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> Shop:
    """Six pods: fewer than five would not be compared with."""
    shop = Shop(cluster, namespace)
    shop.open("v1", replicas=6)
    return shop


def ended(shop: Shop, tag: str, stages: tuple[tuple[str, str], ...], *metrics: object) -> Rollout:
    shop.adopt(rollout(stages, {"metrics": list(metrics)}))
    with shop.traffic(150):
        shop.release(tag)
        return shop.until("the end of the run", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)


def test_a_release_that_needs_as_much_is_shipped(shop: Shop) -> None:
    """Its pods are half as many, and younger."""
    assert ended(shop, "v2", STAGES, ERRORS, MEMORY, CPU, RESTARTS).outcomes == ["Promoted"]


def test_how_much_pods_differ_is_measured_before_the_run(shop: Shop) -> None:
    """By what each of them reports of its requests, minute by minute."""
    shop.adopt(rollout(LONG, {"metrics": [ERRORS]}))
    with shop.traffic(50):
        time.sleep(A_MINUTE)
        shop.release("v2")
        seen = shop.until("the first stage", lambda seen: shop.weight() == 50 and seen.state == "Staged", LONGEST)
        assert seen.status["run"]["pinned"]["pods"]["pods"] == 6, seen.status["run"]["pinned"]


def test_a_release_is_allowed_what_the_pods_before_it_differ_by(cluster: Cluster, namespace: str) -> None:
    """Two of six pods fail 12 % for good, as on a bad node, and so do all of the canary: 2.5 times the average."""
    shop = Shop(cluster, namespace)
    shop.open("v1-e1", replicas=6)
    worst = shop.kubectl("get", "pods", "-o", "name").split()[:2]
    shop.kubectl("annotate", *worst, "testbed/incident=11%")
    shop.adopt(rollout(STAGES, {"metrics": [ERRORS]}))
    with shop.traffic(100):
        time.sleep(TWO_MINUTES)
        shop.release("v2-e12")
        staged = shop.until("a verdict", lambda seen: "differ by themselves" in seen.message, LONGEST)
        assert 0.5 < staged.status["run"]["pinned"]["pods"]["tau"] < 2, staged.status["run"]["pinned"]
        assert shop.until("the end", lambda seen: seen.rests and bool(seen.outcomes), LONGEST).outcomes == ["Promoted"]


def test_a_leak_goes_back_where_memory_is_critical(shop: Shop) -> None:
    last = ended(shop, "v2-m600", STAGES, ERRORS, {**MEMORY, "critical": True}).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert last["message"].startswith("memory is too high in the canary: 3 pods of the canary have "), last["message"]
    assert "6 of the baseline" in last["message"]
    assert "allowed is 1.5 times" in last["message"]


def test_a_leak_waits_for_a_person_where_nothing_is_said(shop: Shop) -> None:
    shop.adopt(rollout(STAGES, {"metrics": [ERRORS, MEMORY]}))
    with shop.traffic(50):
        shop.release("v2-m600")
        seen = shop.until("the hold", lambda seen: seen.reason == "MetricOverBound", LONGEST)
        assert (seen.held, seen.outcomes, shop.weight()) == (True, [], 50)
        assert "memory is not critical, so the run holds. memory is too high in the canary" in seen.message


def test_memory_may_have_a_limit(shop: Shop) -> None:
    last = ended(shop, "v2-m600", LONG, {"preset": "memory", "max": "150Mi"}).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert "allowed is at most 150Mi; 3 looks in a row" in last["message"]


def test_a_release_that_computes_three_times_as_much_goes_back(shop: Shop) -> None:
    """For each request: its pods get more of them, which is nobody's fault."""
    last = ended(shop, "v2-u3", STAGES, ERRORS, CPU).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert last["message"].startswith("cpu is too high in the canary: "), last["message"]


def test_a_release_whose_containers_end_goes_back(shop: Shop) -> None:
    """Each lives for twenty seconds. Callers hardly see it: others answer meanwhile."""
    last = ended(shop, "v2-k20", LONG, {"preset": "istio-error-rate", "max": "90%"}, RESTARTS).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert last["message"].startswith("The canary's containers restart: pod checkout-canary-"), last["message"]
    assert "under traffic, allowed is 0" in last["message"]


def test_with_too_few_pods_to_compare_the_stage_waits_for_a_person(cluster: Cluster, namespace: str) -> None:
    """Nobody knows then how much pods differ by themselves."""
    shop = Shop(cluster, namespace)
    shop.open("v1", replicas=2)
    shop.adopt(rollout((("50%", "6s"), ("100%", "3s")), {"metrics": [ERRORS, CPU]}))
    with shop.traffic(50):
        shop.release("v2")
        few = "2 pods of the baseline were seen, and comparing takes at least 5; give max instead, or more pods"
        seen = shop.until("the hold", lambda seen: seen.held and few in seen.message, LONGEST)
        assert (seen.reason, seen.outcomes, shop.weight()) == ("InsufficientData", [], 50)
