"""What the judge makes of good releases on bad days, of bad releases that look good, and of too little to judge by."""

import re
import time

import pytest

from testbed.cluster import Cluster
from testbed.shop import CANARY, Rollout, Shop, rollout

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

BY_COMPARISON = {"metrics": [{"preset": "istio-error-rate", "maxIncrease": "50%"}]}
"""No limit: whatever both arms suffer alike is nobody's fault."""
LONG = (("25%", "10m"), ("100%", "10m"))
WEIGHT = 25
LONGEST = 60
"""Seconds; four tests at once share the machine."""


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> Shop:
    """Not open yet: each test says which version is stable."""
    return Shop(cluster, namespace)


def staged(shop: Shop, tag: str) -> Rollout:
    """Under the first stage's weight."""
    shop.release(tag)
    return shop.until(f"the first stage of {tag}", lambda seen: seen.state == "Staged", LONGEST)


def finished(shop: Shop, seconds: float = LONGEST) -> Rollout:
    return shop.until("the end of the run", lambda seen: seen.rests and bool(seen.outcomes), seconds)


def test_what_fails_both_arms_is_nobodys_fault(shop: Shop) -> None:
    """For a minute every fifth request fails whatever the version; the canary is as good as stable and is shipped."""
    shop.open("v1")
    shop.adopt(rollout((("25%", "70s"), ("100%", "3s")), BY_COMPARISON))
    with shop.traffic(100) as traffic:
        staged(shop, "v2")
        shop.begin_incident("20%")
        time.sleep(60)
        shop.end_incident()
        suffered = traffic.summary()["versions"]
        assert finished(shop, 180).outcomes == ["Promoted"]
    for version in ("v1", "v2"):
        assert suffered[version]["failed"] / suffered[version]["answered"] > 0.1, f"{version} was spared"


def test_failing_quickly_is_failing(shop: Shop) -> None:
    """Every third request gets its 500 at once, where stable takes its time: it is taken back all the same."""
    shop.open("v1-l200-lognormal")
    shop.adopt(rollout(LONG, BY_COMPARISON))
    with shop.traffic(40) as traffic:
        shop.release("v2-l200-lognormal-e30-fastfail")
        last = finished(shop).last
        versions = traffic.stop()["versions"]
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    hasty = versions["v2-l200-lognormal-e30-fastfail"]
    assert 0 < hasty["failed"] < hasty["answered"]
    assert f"{hasty['failed']} of" in last["message"] or "requests of the canary failed" in last["message"]


def test_too_little_to_judge_by_is_said_and_waited_for(shop: Shop) -> None:
    """One request in some seconds: the hold says how many are missing and when they will be there, and stays."""
    shop.open("v1")
    shop.adopt(rollout((("50%", "6s"), ("100%", "3s")), {"minCanaryRequests": 100}))
    with shop.traffic(1):
        staged(shop, "v2")
        seen = shop.until("the hold", lacks_requests, LONGEST)
        missing, hours, minutes = read_eta(seen)
        assert 80 <= missing < 100
        assert 0.5 * missing * 2 < hours * 3600 + minutes * 60 < 4 * missing * 2 + 60
        later = shop.until(
            "the message to count on", lambda seen: lacks_requests(seen) and read_eta(seen)[0] < missing, LONGEST
        )
    assert (later.stage, shop.weight()) == ("1/2", 50)


def lacks_requests(seen: Rollout) -> bool:
    return seen.held and seen.reason == "InsufficientData"


def read_eta(seen: Rollout) -> tuple[int, int, int]:
    """Requests still missing, and the time until they are there, in hours and minutes."""
    found = re.search(
        r"(\d+) of 100 canary requests are still missing in this stage; at this rate in (?:(\d+)h)?(?:(\d+)m)?",
        seen.message,
    )
    assert found, seen.message
    missing, hours, minutes = (int(part or 0) for part in found.groups())
    return missing, hours, minutes


def test_no_request_at_all_is_never_enough(shop: Shop) -> None:
    """Nobody asks for the canary: nothing is known of it, so it is neither shipped nor taken back."""
    shop.open("v1")
    shop.adopt(rollout((("0.1%", "4s"), ("100%", "3s"))))
    with shop.traffic(2):
        staged(shop, "v2")
        seen = shop.until("the hold", lacks_requests, LONGEST)
        assert seen.outcomes == []
        assert "none has come yet" in seen.message or "at this rate" in seen.message


def test_pods_that_the_cluster_took_are_waited_for(shop: Shop) -> None:
    """All of the canary's pods go, and there is no room for others: no traffic until there is, and no rollback."""
    shop.open("v1")
    shop.adopt(rollout((("25%", "25s"), ("100%", "3s")), BY_COMPARISON))
    with shop.traffic(100) as traffic:
        staged(shop, "v2")
        time.sleep(3)
        shop.kubectl("create", "quota", "full", "--hard=pods=2")
        shop.kubectl("delete", "pods", f"--selector=app={CANARY}", "--wait=false")
        shop.wait("the traffic to go back", lambda: shop.weight() == 0)
        lost = shop.rollout()
        time.sleep(4)
        waiting = shop.until("the hold", lambda seen: seen.held and seen.reason == "CanaryUnschedulable")
        assert (waiting.outcomes, shop.weight()) == ([], 0), waiting.message
        shop.kubectl("delete", "quota", "full")
        assert finished(shop, 120).outcomes == ["Promoted"]
        unserved = traffic.stop()["versions"]["-"]
    assert lost.outcomes == []
    assert unserved["failed"] == unserved["answered"] > 0, "Envoy had nobody to ask for a while"
    assert shop.told("CanaryLost")


def test_pods_that_end_by_themselves_are_the_releases_fault(shop: Shop) -> None:
    """All of them crash under traffic: what Envoy answers in their place counts as their failures, and that is harm."""
    shop.open("v1")
    shop.adopt(rollout(LONG, BY_COMPARISON))
    with shop.traffic(100) as traffic:
        staged(shop, "v2-k8")
        last = finished(shop).last
        versions = traffic.stop()["versions"]
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm"), last["message"]
    assert versions["v2-k8"]["failed"] == 0, "no answer of its own was bad"
    counted = re.search(r"(\d+) of \d+ requests of the canary failed", last["message"])
    assert counted, last["message"]
    assert 3 <= int(counted[1]) <= versions["-"]["failed"]
