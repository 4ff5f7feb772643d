"""One rollout, three routes in two objects behind a real Envoy: split alike, judged together, given back."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from math import sqrt

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.proxy import Proxy
from testbed.shop import HTTPRouteShop, Rollout, Shop, Traffic
from tests.integration.mesh import INSIDE, ROUTES, TwoHosts, TwoHTTPRoutes, answered_by_v2, ended
from tests.integration.rehearsal import (
    Performance,
    ReadyCanaries,
    Rehearsal,
    is_of_a_route,
    nothing_was_done_twice,
    rises_once_and_falls_once,
)
from tests.integration.served import wait_until_served

pytestmark = pytest.mark.integration

RATE = 100
COUNTED = 15
"""Seconds; each of three routes has 1500 requests in them."""
LONGEST = 60
Kind = tuple[type[Shop], type[TwoHosts]]


@pytest.fixture(
    params=[
        pytest.param((Shop, TwoHosts), id="VirtualServices"),
        pytest.param((HTTPRouteShop, TwoHTTPRoutes), id="HTTPRoutes", marks=pytest.mark.xdist_group("gateway-api")),
    ]
)
def kind(request: pytest.FixtureRequest) -> Kind:
    """What the routes are written in."""
    found: Kind = request.param
    return found


@pytest.fixture
def shop(cluster: Cluster, namespace: str, kind: Kind) -> Shop:
    shop = kind[0](cluster, namespace)
    shop.open()
    return shop


@pytest.fixture
def hosts(shop: Shop, kind: Kind) -> TwoHosts:
    return kind[1](shop)


@pytest.fixture
def callers(hosts: TwoHosts) -> Iterator[list[Traffic]]:
    with ExitStack() as stack:
        yield [stack.enter_context(each) for each in hosts.traffic(RATE)]


def counted(seen: Rollout) -> int:
    """The canary's requests in this stage."""
    return int(seen.status.get("canaryRequests") or 0)


def test_three_routes_in_two_objects_are_one_split(
    shop: Shop, hosts: TwoHosts, callers: list[Traffic], operator: OperatorProcess
) -> None:
    """Each gets the weight as closely as chance allows, the observed share is right, and both come home."""
    del operator
    shop.adopt(hosts.rollout((("33%", "10m"), ("100%", "1s"))))
    shop.release("v2")
    shop.until("the weight", lambda seen: seen.state == "Staged" and seen.weight == "33%", LONGEST)
    assert hosts.shares() == [33.0] * len(ROUTES)
    for host in (shop.host, hosts.inside):
        shop.wait_until_obeyed(33, host)
    for found, total in answered_by_v2(callers, COUNTED):
        assert total > 1000
        assert abs(found - 0.33 * total) <= 4.5 * sqrt(total * 0.33 * 0.67)
    seen = shop.until(
        "all routes to be counted",
        lambda seen: seen.reason == "StageRunning" and counted(seen) > len(ROUTES) * RATE * COUNTED / 4,
        LONGEST,
    )
    assert abs(float(str(seen.status["observedWeight"]).rstrip("%")) - 33) < 5
    shop.order("promote")
    assert ended(shop).last["outcome"] == "Promoted"
    assert hosts.written() == hosts.before
    assert [each.failures() for each in callers] == [0] * len(ROUTES)


def test_a_bad_release_is_taken_from_all_of_them(
    shop: Shop, hosts: TwoHosts, callers: list[Traffic], operator: OperatorProcess
) -> None:
    """All routes are at 0, nobody meets the new version any more, and both are as they were."""
    del operator
    shop.adopt(hosts.rollout((("33%", "10m"), ("100%", "1s"))))
    shop.release("v2-e100")
    done = ended(shop)
    assert (done.last["outcome"], done.last["reason"]) == ("RolledBack", "Harm")
    assert hosts.shares() == [0.0] * len(ROUTES)
    assert hosts.written() == hosts.before
    for each in callers:
        wait_until_served(shop, each, "v1")
    met = [set(each.answers()) for each in callers]
    assert all("v2-e100" in versions for versions in met), "each of the routes had been split"
    before = [each.answers()["v2-e100"] for each in callers]
    time.sleep(2)
    assert [each.answers()["v2-e100"] for each in callers] == before


def test_a_bad_release_that_only_one_route_meets_is_found(
    shop: Shop, hosts: TwoHosts, operator: OperatorProcess
) -> None:
    """The others have no requests at all."""
    del operator
    shop.adopt(hosts.rollout((("33%", "10m"), ("100%", "1s"))))
    with hosts.traffic_to(2, RATE):
        shop.release("v2-e100")
        assert ended(shop).last["outcome"] == "RolledBack"
    assert hosts.written() == hosts.before


def test_a_pull_in_one_of_them_holds_and_is_named(shop: Shop, hosts: TwoHosts, operator: OperatorProcess) -> None:
    """The others keep their weight, nothing rises, and `resume` makes them alike."""
    del operator
    with ExitStack() as stack:
        for each in hosts.traffic(30):
            stack.enter_context(each)
        shop.adopt(hosts.rollout((("50%", "10m"), ("100%", "1s"))))
        shop.release("v2")
        shop.until("the weight", lambda seen: seen.state == "Staged", LONGEST)
        hosts.pull()
        held = shop.until("the hold", lambda seen: seen.held and seen.reason == "TrafficPulled")
        assert f"{hosts.called} {shop.namespace}/{INSIDE}" in held.message
        time.sleep(2)
        assert hosts.shares() == [50.0, 50.0, 0.0]
        shop.order("resume")
        shop.wait("all to be alike", lambda: hosts.shares() == [50.0, 50.0, 50.0])
        shop.order("abort")
        assert ended(shop).last["outcome"] == "Aborted"


def test_one_that_is_deleted_takes_the_traffic_of_the_others_back(
    shop: Shop, hosts: TwoHosts, operator: OperatorProcess
) -> None:
    """It is named, and when it is there again a person says when the stage begins anew."""
    del operator
    with ExitStack() as stack:
        for each in hosts.traffic(30):
            stack.enter_context(each)
        shop.adopt(hosts.rollout((("50%", "10m"), ("100%", "1s"))))
        shop.release("v2")
        shop.until("the weight", lambda seen: seen.state == "Staged", LONGEST)
        inside = hosts.delete()
        held = shop.until("the hold", lambda seen: seen.held and seen.reason == "RouteNotFound")
        assert f"{inside['kind']} {shop.namespace}/{INSIDE} does not exist" in held.message
        shop.wait("the traffic of the others to go back", lambda: shop.weight() == 0)
        shop.apply(inside)
        shop.until("the wait for a person", lambda seen: seen.held and seen.reason == "Paused")
        assert hosts.shares() == [0.0, 0.0, 0.0]
        shop.order("resume")
        shop.wait("all to be alike", lambda: hosts.shares() == [50.0, 50.0, 50.0])
        shop.order("abort")
        assert ended(shop).last["outcome"] == "Aborted"
        shop.wait("both to be as they were", lambda: hosts.written() == hosts.before)


def test_what_their_owner_edits_in_mid_run_is_there_in_the_end(
    shop: Shop, hosts: TwoHosts, operator: OperatorProcess
) -> None:
    """A label in one of them is in nobody's way, and nobody loses it on the way back."""
    del operator
    with ExitStack() as stack:
        callers = [stack.enter_context(each) for each in hosts.traffic(30)]
        shop.adopt(hosts.rollout((("50%", "10m"), ("100%", "1s"))))
        shop.release("v2")
        shop.until("the weight", lambda seen: seen.state == "Staged", LONGEST)
        edit = {"metadata": {"labels": {"team": "somebody-else"}}}
        shop.kubectl("patch", hosts.kind, INSIDE, "--type=merge", "-p", json.dumps(edit))
        time.sleep(2)
        assert hosts.shares() == [50.0, 50.0, 50.0]
        shop.order("abort")
        assert ended(shop).last["outcome"] == "Aborted"
        assert [each.failures() for each in callers] == [0] * len(ROUTES)
    before = json.loads(hosts.before[1])
    assert hosts.written() == [
        hosts.before[0],
        json.dumps([before[0], {"team": "somebody-else"}, before[2]], sort_keys=True),
    ]
    shop.wait("the canary to be gone", lambda: not shop.canary_exists())


@pytest.fixture
def rehearsal(cluster: Cluster, place: str, shop: Shop, callers: list[Traffic]) -> Iterator[Rehearsal]:
    """The traffic comes first and goes last."""
    del callers
    with (
        Proxy(cluster, witness=ReadyCanaries(cluster, place)) as proxy,
        OperatorProcess(cluster, f"operator-{place}", namespace=place, environment=proxy.environment) as operator,
    ):
        yield Rehearsal(shop, operator, proxy)


NEVER = 10_000


def writes_of_routes(run: Performance) -> list[int]:
    return [at for at, step in enumerate(run.steps, start=1) if is_of_a_route(step.call)]


@pytest.mark.parametrize("delivered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("behaviour", ["", "-e100"], ids=["good", "bad"])
def test_a_release_survives_a_kill_between_any_two_patches(
    rehearsal: Rehearsal, hosts: TwoHosts, callers: list[Traffic], behaviour: str, delivered: bool
) -> None:
    """It ends as it would have, no weight rises twice, and both objects are given back."""
    hosts.shop.adopt(hosts.rollout((("50%", "1s"), ("100%", "1s"))))
    whole = rehearsal.release(f"v2{behaviour}", NEVER, delivered=True)
    moments = writes_of_routes(whole)
    assert len(moments) == (8 if not behaviour else 6), whole.shares
    for number, moment in enumerate(moments, start=3):
        run = rehearsal.release(f"v{number}{behaviour}", moment, delivered=delivered)
        assert run.killed
        assert run.after.last["outcome"] == ("RolledBack" if behaviour else "Promoted")
        assert rises_once_and_falls_once(run.shares), run.shares
        assert set(run.shares) == ({0, 50} if behaviour else {0, 50, 100})
        nothing_was_done_twice(run)
        assert hosts.written() == hosts.before
        hosts.shop.wait("the canary to be gone", lambda: not hosts.shop.canary_exists())
    if not behaviour:
        assert [each.failures() for each in callers] == [0] * len(ROUTES)
