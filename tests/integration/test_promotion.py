"""What may come while a Deployment rolls to the promoted revision: commits, good and bad, a breach, an abort."""

import time
from collections.abc import Iterator

import pytest

from testbed.operator import OperatorProcess
from testbed.shop import CANARY, Rollout, Shop, Traffic, rollout
from tests.integration.served import wait_until_served

pytestmark = pytest.mark.integration

SHORT = (("25%", "10s"), ("100%", "3s"))
"""The first is as long as kubectl and a whole second of answers take on a busy machine; `promote` ends it earlier."""
LONG = (("25%", "4s"), ("100%", "10m"))
LONGEST = 60
"""Seconds; four tests at once share the machine."""
PODS = 4
"""Two of stable and two of the canary: with a quota of so many the Deployment rolls no further."""


@pytest.fixture
def traffic(shop: Shop) -> Iterator[Traffic]:
    """A hundred requests per second, from before the release until after the end."""
    with shop.traffic(100) as traffic:
        yield traffic


def stop_the_cluster_from_growing(shop: Shop) -> None:
    shop.kubectl("create", "quota", "full", f"--hard=pods={PODS}")
    shop.wait("the quota", lambda: f"pods: {PODS}/{PODS}" in shop.kubectl("get", "quota", "full"))


def let_it_grow(shop: Shop) -> None:
    shop.kubectl("delete", "quota", "full")


def promoting(shop: Shop, tag: str = "v2", stages: tuple[tuple[str, str], ...] = SHORT) -> str:
    """In the middle of a promotion, which can't end before `let_it_grow`. The route as it was before."""
    route = shop.route()
    shop.adopt(rollout(stages))
    shop.release(tag)
    shop.until("the canary", lambda seen: seen.state == "Staged", LONGEST)
    stop_the_cluster_from_growing(shop)
    shop.order("promote")
    shop.until("the point of no return", is_rolling, LONGEST)
    return route


def is_rolling(seen: Rollout) -> bool:
    return seen.state == "Promoting" and bool((seen.status.get("run") or {}).get("unpaused"))


def finished(shop: Shop, runs: int) -> Rollout:
    return shop.until(f"{runs} runs to end", lambda seen: seen.rests and len(seen.outcomes) >= runs, LONGEST)


def stands_in(shop: Shop, reason: str) -> Rollout:
    return shop.until(
        f"the canary to stand in: {reason}",
        lambda seen: seen.state == "StandingIn" and seen.reason == reason,
        LONGEST,
    )


def everything_is_given_back(shop: Shop, route: str) -> bool:
    shop.wait("the canary to be gone", lambda: not shop.canary_exists())
    return shop.route() == route


@pytest.mark.usefixtures("operator")
def test_a_commit_in_mid_promotion_is_shipped_in_stages(shop: Shop, traffic: Traffic) -> None:
    """v2 keeps the traffic on the canary's pods, v3 gets it back to stable share by share, and no request is lost."""
    route = promoting(shop)
    canary = shop.pods(CANARY)
    shop.release("v3")
    seen = stands_in(shop, "StandingIn")
    assert (seen.outcomes, shop.weight()) == (["Promoted"], 100)
    wait_until_served(shop, traffic, "v2")
    let_it_grow(shop)
    shop.until("v3's first stage", lambda seen: seen.state == "Staged" and seen.stage == "1/2", LONGEST)
    assert shop.weight() == 75
    wait_until_served(shop, traffic, "v2", "v3")
    assert shop.pods(CANARY) == canary
    assert finished(shop, 2).outcomes == ["Promoted", "Promoted"]
    wait_until_served(shop, traffic, "v3")
    assert everything_is_given_back(shop, route)
    assert traffic.failures() == 0


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("cure", ["v4", "v2"])
def test_a_bad_commit_in_mid_promotion_is_taken_back_to_the_canary(shop: Shop, traffic: Traffic, cure: str) -> None:
    """v3's users go back to v2's pods at once; the next version, or the revert, ends where it should."""
    route = promoting(shop)
    canary = shop.pods(CANARY)
    shop.release("v3-e20")
    let_it_grow(shop)
    seen = stands_in(shop, "RolledBack")
    assert (seen.last["outcome"], seen.last["reason"], shop.weight()) == ("RolledBack", "Harm", 100)
    wait_until_served(shop, traffic, "v2")
    assert shop.pods(CANARY) == canary
    shop.release(cure)
    ended = shop.until("the end", lambda seen: seen.rests, LONGEST)
    assert ended.outcomes == (["Promoted"] if cure == "v4" else []) + ["RolledBack", "Promoted"]
    wait_until_served(shop, traffic, cure)
    assert everything_is_given_back(shop, route)


def test_a_reversed_run_outlives_its_operator(shop: Shop, traffic: Traffic, operator: OperatorProcess) -> None:
    """Killed in mid-run, it goes on where it was, in the same direction."""
    route = promoting(shop)
    shop.release("v3")
    let_it_grow(shop)
    first = shop.until("v3's first stage", lambda seen: seen.state == "Staged" and seen.weight == "25%", LONGEST)
    operator.kill()
    assert shop.weight() == 75
    operator.start()
    ended = finished(shop, 2)
    assert (ended.last["id"], ended.outcomes) == (first.run, ["Promoted", "Promoted"])
    wait_until_served(shop, traffic, "v3")
    assert everything_is_given_back(shop, route)
    assert traffic.failures() == 0


@pytest.mark.usefixtures("operator")
def test_an_abort_before_the_point_of_no_return_takes_everything_back(shop: Shop, traffic: Traffic) -> None:
    """At 100 %, in the last moment: the Deployment has not moved."""
    stable, route = shop.pods(), shop.route()
    shop.adopt(rollout(LONG))
    shop.release("v2")
    shop.until("the last stage", lambda seen: seen.state == "Staged" and seen.stage == "2/2", LONGEST)
    shop.order("abort")
    assert finished(shop, 1).outcomes == ["Aborted"]
    wait_until_served(shop, traffic, "v1")
    assert shop.pods() == stable
    assert everything_is_given_back(shop, route)
    assert traffic.failures() == 0


@pytest.mark.usefixtures("operator")
def test_an_abort_after_it_holds_until_a_person_decides(shop: Shop, traffic: Traffic) -> None:
    """Traffic stays on the canary even when the Deployment is rolled out; resume finishes the promotion."""
    route = promoting(shop)
    shop.order("abort")
    shop.until("the hold", lambda seen: seen.reason == "PromotionBreach")
    let_it_grow(shop)
    shop.kubectl("rollout", "status", "deployment/checkout", "--timeout=30s")
    wait_until_served(shop, traffic, "v2")
    assert (shop.rollout().reason, shop.weight()) == ("PromotionBreach", 100)
    assert len(shop.wait_until_told("PromotionBreach")) == 1
    shop.order("resume")
    assert finished(shop, 1).outcomes == ["Promoted"]
    assert everything_is_given_back(shop, route)
    assert traffic.failures() == 0


@pytest.mark.usefixtures("operator")
def test_a_breach_after_it_holds_and_a_mended_revision_follows(shop: Shop, traffic: Traffic) -> None:
    """The canary fails when there is no way back: nothing moves by itself, and the next commit is the way out."""
    route = promoting(shop, "v2-f30")
    canary = shop.pods(CANARY)
    shop.until("the breach", lambda seen: seen.reason == "PromotionBreach", LONGEST)
    assert (shop.weight(), shop.pods(CANARY)) == (100, canary)
    assert "mended" in shop.wait_until_told("PromotionBreach")[0]
    shop.release("v3")
    let_it_grow(shop)
    shop.until("v3's first stage", lambda seen: seen.state == "Staged" and seen.weight == "25%", LONGEST)
    shop.order("promote")
    shop.until("v3's last stage", lambda seen: seen.state == "Staged" and seen.stage == "2/2", LONGEST)
    assert finished(shop, 2).outcomes == ["Promoted", "Promoted"]
    wait_until_served(shop, traffic, "v3")
    assert everything_is_given_back(shop, route)


@pytest.mark.usefixtures("operator")
def test_a_promotion_that_stalls_keeps_its_canary(shop: Shop, traffic: Traffic) -> None:
    """The Deployment finds no room: people are told, users stay where they are, and it goes on when it can."""
    route = shop.route()
    shop.adopt(rollout(SHORT, workload={"progressDeadline": "6s"}))
    shop.release("v2")
    shop.until("the canary", lambda seen: seen.state == "Staged", LONGEST)
    stop_the_cluster_from_growing(shop)
    shop.order("promote")
    canary = shop.pods(CANARY)
    shop.until("the hold", lambda seen: seen.reason == "PromotionStalled", LONGEST)
    time.sleep(2)
    assert (shop.weight(), shop.pods(CANARY)) == (100, canary)
    assert len(shop.wait_until_told("PromotionStalled")) == 1
    let_it_grow(shop)
    assert finished(shop, 1).outcomes == ["Promoted"]
    wait_until_served(shop, traffic, "v2")
    assert everything_is_given_back(shop, route)
    assert traffic.failures() == 0
