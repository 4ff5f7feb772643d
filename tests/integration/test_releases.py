"""Releases from a user's side: kubectl on one end, answers through Envoy on the other, and real errors between."""

import time
from collections.abc import Iterator

import pytest

from testbed.operator import OperatorProcess
from testbed.shop import CANARY, Manifest, Rollout, Shop, Traffic, rollout
from tests.integration.served import wait_until_served

pytestmark = pytest.mark.integration

SHORT = (("25%", "4s"), ("100%", "3s"))
LONG = (("25%", "10m"), ("100%", "10m"))
WEIGHT = 25
LONGEST = 60
"""Seconds; four tests at once share the machine."""


@pytest.fixture
def traffic(shop: Shop) -> Iterator[Traffic]:
    """A hundred requests per second, from before the release until after the end."""
    with shop.traffic(100) as traffic:
        yield traffic


def finished(shop: Shop, runs: int = 1) -> Rollout:
    return shop.until(f"{runs} runs to end", lambda seen: seen.rests and len(seen.outcomes) >= runs, LONGEST)


def release_until_staged(shop: Shop, tag: str) -> None:
    shop.release(tag)
    shop.until(f"the first stage of {tag}", lambda seen: seen.state == "Staged" and seen.stage == "1/2", LONGEST)
    assert shop.weight() == WEIGHT


def everything_is_given_back(shop: Shop, route: str) -> bool:
    """The route as it was written, byte for byte, and no canary any more."""
    shop.wait("the canary to be gone", lambda: not shop.canary_exists())
    return shop.route() == route


def test_a_good_release_is_promoted(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Every stage passes, stable carries the new version, and no user notices."""
    del operator
    route = shop.route()
    shop.adopt(rollout(SHORT))
    shop.release("v2")
    assert finished(shop).last["outcome"] == "Promoted"
    wait_until_served(shop, traffic, "v2")
    assert traffic.failures() == 0
    by_pod = traffic.by_pod()
    assert sum(count for pod, count in by_pod.items() if pod.startswith(CANARY)) > 300, "at 100 % for three seconds"
    assert everything_is_given_back(shop, route)


def test_promotion_waits_for_the_deployment(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Pods that take their time to get ready get no traffic before, at no step of the way."""
    del operator
    shop.adopt(rollout(SHORT))
    shop.release("v2-r3")
    assert finished(shop).last["outcome"] == "Promoted"
    wait_until_served(shop, traffic, "v2-r3")
    assert traffic.failures() == 0


def test_a_bad_release_is_rolled_back(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """5 % more errors than stable are noticed at 25 %, and then nobody gets the canary any more."""
    del operator
    route, stable = shop.route(), shop.pods()
    shop.adopt(rollout(LONG))
    release_until_staged(shop, "v2-e5")
    last = finished(shop).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert "requests of the canary failed" in last["message"]
    wait_until_served(shop, traffic, "v1")
    canary = traffic.summary()["versions"]["v2-e5"]
    assert canary["last"] - canary["first_failure"] < 30
    assert shop.pods() == stable
    assert everything_is_given_back(shop, route)


def test_abort_and_retry(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Abort takes the canary back and that revision is left alone; retry tries it once more."""
    del operator
    route = shop.route()
    shop.adopt(rollout(LONG))
    release_until_staged(shop, "v2")
    shop.order("abort")
    ended = finished(shop)
    assert (ended.last["outcome"], ended.reason) == ("Aborted", "Aborted")
    wait_until_served(shop, traffic, "v1")
    assert everything_is_given_back(shop, route)
    assert shop.rollout().rests
    shop.order("retry")
    again = shop.until("the second run", lambda seen: seen.state == "Staged", LONGEST)
    assert again.run != ended.last["id"]
    assert traffic.failures() == 0


def test_promote_ends_a_stage(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Each promote ends one stage, and the last one the run."""
    del operator
    shop.adopt(rollout(LONG))
    release_until_staged(shop, "v2")
    shop.order("promote")
    shop.until("the last stage", lambda seen: seen.state == "Staged" and seen.stage == "2/2", LONGEST)
    shop.order("promote")
    assert finished(shop).last["outcome"] == "Promoted"
    wait_until_served(shop, traffic, "v2")


def test_pause_and_resume(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """A paused run stays where it is however long; resumed, it goes on."""
    del operator
    shop.adopt(rollout((("25%", "8s"), ("100%", "3s"))))
    release_until_staged(shop, "v2")
    shop.order("pause")
    shop.until("the pause", lambda seen: seen.held and seen.reason == "Paused")
    time.sleep(9)
    assert (shop.rollout().reason, shop.weight()) == ("Paused", WEIGHT)
    shop.order("resume")
    assert finished(shop).last["outcome"] == "Promoted"
    assert traffic.failures() == 0


def test_a_newer_revision_replaces_the_run(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """The first canary goes home, and the newer version begins at the first stage."""
    del operator
    shop.adopt(rollout(LONG))
    release_until_staged(shop, "v2")
    shop.release("v3")
    seen = shop.until("the newer run", lambda seen: seen.state == "Staged" and bool(seen.outcomes), LONGEST)
    assert (seen.outcomes, seen.stage, shop.weight()) == (["Superseded"], "1/2", WEIGHT)
    wait_until_served(shop, traffic, "v1", "v3")
    assert traffic.failures() == 0


def test_a_killed_operator_goes_on(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """It finds the run where it was, and neither begins anew nor loses a request."""
    shop.adopt(rollout((("25%", "6s"), ("100%", "3s"))))
    release_until_staged(shop, "v2")
    operator.kill()
    time.sleep(2)
    assert shop.weight() == WEIGHT
    operator.start()
    ended = finished(shop)
    assert (ended.outcomes, ended.status["runs"]) == (["Promoted"], 1)
    assert traffic.failures() == 0


def test_a_rollback_is_finished_by_the_next_operator(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Killed as soon as the traffic is back, it comes again and tidies up."""
    route = shop.route()
    shop.adopt(rollout(LONG, workload={"drain": "4s"}))
    release_until_staged(shop, "v2-e20")
    shop.wait("the traffic to go back", lambda: shop.weight() == 0)
    operator.kill()
    wait_until_served(shop, traffic, "v1")
    assert shop.canary_exists()
    operator.start()
    assert finished(shop).outcomes == ["RolledBack"]
    assert everything_is_given_back(shop, route)


def test_nothing_ships_without_an_operator(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """A version that comes while it is down waits for it."""
    shop.adopt(rollout(LONG))
    stable = shop.pods()
    operator.stop()
    shop.release("v2")
    time.sleep(3)
    assert shop.pods() == stable
    assert set(traffic.answers()) == {"v1"}
    operator.start()
    shop.until("the first stage", lambda seen: seen.state == "Staged", LONGEST)
    assert shop.pods() == stable


@pytest.mark.parametrize(("tag", "says"), [("v2-neverready", "ready"), ("v2-crash", "CrashLoopBackOff")])
def test_a_canary_that_never_gets_ready_gets_no_traffic(
    shop: Shop, traffic: Traffic, operator: OperatorProcess, tag: str, says: str
) -> None:
    """At its deadline the run is over, and says why its pods were not ready."""
    del operator
    route = shop.route()
    shop.adopt(rollout(LONG, workload={"progressDeadline": "8s"}))
    shop.release(tag)
    weights = set()

    def ended(seen: Rollout) -> bool:
        weights.add(shop.weight())
        return seen.rests and bool(seen.outcomes)

    last = shop.until("the deadline", ended, LONGEST).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "ProgressDeadlineExceeded")
    assert says in last["message"]
    assert weights == {0}
    assert set(traffic.answers()) == {"v1"}
    assert everything_is_given_back(shop, route)


def test_traffic_only(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Without a workload a new revision starts a run, and a person says when stable carries it."""
    del operator
    route = shop.route()
    shop.open_beside("v2")
    shop.adopt(traffic_only("v1"))
    shop.apply(traffic_only("v2"))
    shop.until("the end of the last stage", lambda seen: seen.reason == "AwaitingStableUpdate", LONGEST)
    wait_until_served(shop, traffic, "v2")
    shop.release("v2")
    shop.kubectl("rollout", "status", "deployment/checkout", "--timeout=30s")
    shop.order("promote")
    assert finished(shop).last["outcome"] == "Promoted"
    assert shop.route() == route
    assert traffic.failures() == 0


def test_deleting_it_in_mid_run_gives_everything_back(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Stable gets all the traffic, the canary goes, and the Deployment does not roll to what was never analysed."""
    del operator
    route, stable = shop.route(), shop.pods()
    shop.adopt(rollout(LONG))
    release_until_staged(shop, "v2")
    shop.kubectl("delete", "canaryrollout", "checkout", "--timeout=30s")
    assert everything_is_given_back(shop, route)
    wait_until_served(shop, traffic, "v1")
    assert shop.pods() == stable
    deployment = shop.deployment()
    assert deployment is not None
    assert deployment["spec"]["paused"]
    assert "canary-operator.dev/left-paused" in deployment["metadata"]["annotations"]
    assert "canary-operator.dev/managed-by" not in deployment["metadata"]["annotations"]
    assert traffic.failures() == 0


def traffic_only(revision: str) -> Manifest:
    manifest = rollout(SHORT)
    del manifest["spec"]["workload"]
    manifest["spec"] |= {"revision": revision}
    manifest["spec"]["traffic"] |= {"canaryService": CANARY}
    return manifest


@pytest.mark.usefixtures("operator")
def test_a_deployment_that_stays_paused_is_released(shop: Shop, traffic: Traffic) -> None:
    """`adoption: Pause` pauses it at rest, lets go only for a promotion, and pauses it again."""
    shop.adopt(rollout(SHORT, workload={"adoption": "Pause"}))
    assert is_paused(shop)
    shop.release("v2")
    assert finished(shop).outcomes == ["Promoted"]
    shop.wait("the Deployment to be paused again", lambda: is_paused(shop))
    wait_until_served(shop, traffic, "v2")
    assert traffic.failures() == 0


@pytest.mark.usefixtures("operator")
def test_a_restart_rolls_without_a_run(shop: Shop, traffic: Traffic) -> None:
    """`kubectl rollout restart` ships nothing new, so nothing is judged and no request is lost."""
    shop.adopt(rollout(SHORT))
    before = shop.pods()
    shop.kubectl("rollout", "restart", "deployment/checkout")
    shop.wait("new pods", lambda: not set(before) & set(shop.pods()) and len(shop.pods()) == len(before))
    assert shop.rollout().status["runs"] == 0
    assert not is_paused(shop)
    assert traffic.failures() == 0


@pytest.mark.usefixtures("operator")
def test_an_autoscaler_that_may_shrink_stable_is_named(shop: Shop) -> None:
    """It stops nothing; people are told before the first weight, with the cure."""
    shop.kubectl("autoscale", "deployment/checkout", "--min=2", "--max=4", "--cpu=50%")
    shop.adopt(rollout(SHORT))
    (warning,) = shop.wait_until_told("StableMayShrink")
    assert "selectPolicy to Disabled" in warning


def is_paused(shop: Shop) -> bool:
    return bool((shop.deployment() or {})["spec"].get("paused"))
