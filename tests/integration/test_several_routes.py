"""One rollout, three routes in two VirtualServices behind a real Envoy: split alike, judged together, given back."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from math import sqrt

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.proxy import Proxy
from testbed.shop import CANARY, NAME, Rollout, Shop, Traffic, rollout
from testbed.shop.manifests import GATEWAY
from tests.integration.mesh import INSIDE, ROUTES, TwoHosts
from tests.integration.rehearsal import (
    Performance,
    ReadyCanaries,
    Rehearsal,
    nothing_was_done_twice,
    rises_once_and_falls_once,
)
from tests.integration.served import wait_until_served

pytestmark = pytest.mark.integration

RATE = 100
COUNTED = 15
"""Seconds; each of three routes has 1500 requests in them."""
LONGEST = 60
SHORT = (("50%", "3s"), ("100%", "1s"))


@pytest.fixture
def hosts(shop: Shop) -> TwoHosts:
    return TwoHosts(shop)


@pytest.fixture
def callers(hosts: TwoHosts) -> Iterator[list[Traffic]]:
    with ExitStack() as stack:
        yield [stack.enter_context(each) for each in hosts.traffic(RATE)]


def ended(shop: Shop, runs: int = 1) -> Rollout:
    return shop.until("the end of the run", lambda seen: seen.rests and len(seen.outcomes) >= runs, LONGEST)


def counted(seen: Rollout) -> int:
    """The canary's requests in this stage."""
    return int(seen.status.get("canaryRequests") or 0)


def answered_by_v2(callers: list[Traffic], seconds: float) -> list[tuple[int, int]]:
    """For each route, how many of how many answers in so many seconds."""
    before = [each.answers() for each in callers]
    time.sleep(seconds)
    later = [each.answers() - old for each, old in zip(callers, before, strict=True)]
    return [(each["v2"], each.total()) for each in later]


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
        pull = [{"op": "replace", "path": f"/spec/http/0/route/{at}/weight", "value": 100 * (1 - at)} for at in (0, 1)]
        shop.kubectl("patch", "virtualservice", INSIDE, "--type=json", "-p", json.dumps(pull))
        held = shop.until("the hold", lambda seen: seen.held and seen.reason == "TrafficPulled")
        assert f"http route primary of VirtualService {shop.namespace}/{INSIDE}" in held.message
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
        inside = json.loads(hosts.before[1])
        shop.kubectl("delete", "virtualservice", INSIDE)
        held = shop.until("the hold", lambda seen: seen.held and seen.reason == "RouteNotFound")
        assert f"VirtualService {shop.namespace}/{INSIDE} does not exist" in held.message
        shop.wait("the traffic of the others to go back", lambda: shop.weight() == 0)
        shop.apply(
            {
                "apiVersion": "networking.istio.io/v1",
                "kind": "VirtualService",
                "metadata": {"name": INSIDE, "labels": inside[1]},
                "spec": inside[0],
            }
        )
        shop.until("the wait for a person", lambda seen: seen.held and seen.reason == "Paused")
        assert hosts.shares() == [0.0, 0.0, 0.0]
        shop.order("resume")
        shop.wait("all to be alike", lambda: hosts.shares() == [50.0, 50.0, 50.0])
        shop.order("abort")
        assert ended(shop).last["outcome"] == "Aborted"
        shop.wait("both to be as they were", lambda: hosts.written() == hosts.before)


def behind_a_root(shop: Shop) -> None:
    """The shop's route has no hosts any more: `front-door`, which has them, delegates to it."""
    rules = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))["spec"]["http"]
    shop.kubectl("delete", "virtualservice", NAME)
    everything = {"name": "shop", "match": [{"uri": {"prefix": "/"}}], "delegate": {"name": NAME}}
    front_door = {"hosts": [shop.host], "gateways": [GATEWAY], "http": [everything]}
    leaf = {"http": [each for each in rules if each["name"] == "primary"]}
    for name, spec in (("front-door", front_door), (NAME, leaf)):
        kind = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService"}
        shop.apply({**kind, "metadata": {"name": name}, "spec": spec})


def test_a_delegate_is_split_and_never_given_hosts(shop: Shop, operator: OperatorProcess) -> None:
    """The root is not ours; the delegate is what its owner wrote, with weights, and in the end without."""
    del operator
    behind_a_root(shop)
    before = shop.route()
    untouched = json.loads(shop.kubectl("get", "virtualservice", "front-door", "-o", "json"))["metadata"]
    with shop.traffic(RATE) as traffic:
        shop.wait("the delegate to answer", lambda: traffic.answers()["v1"] > 0)
        shop.adopt(rollout((("33%", "10m"), ("100%", "1s"))))
        shop.release("v2")
        shop.until("the weight", lambda seen: seen.state == "Staged" and seen.weight == "33%", LONGEST)
        spec = json.loads(shop.route())[0]
        assert set(spec) == {"http"}
        shop.wait_until_obeyed(33)
        ((found, total),) = answered_by_v2([traffic], COUNTED)
        assert total > 1000
        assert abs(found - 0.33 * total) <= 4.5 * sqrt(total * 0.33 * 0.67)
        shop.order("abort")
        assert ended(shop).last["outcome"] == "Aborted"
    assert shop.route() == before
    root_now = json.loads(shop.kubectl("get", "virtualservice", "front-door", "-o", "json"))["metadata"]
    assert root_now["resourceVersion"] == untouched["resourceVersion"]


def test_a_root_is_refused_and_the_delegate_named(shop: Shop, operator: OperatorProcess) -> None:
    """Its rules are not ours to split."""
    del operator
    body = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))
    body["spec"]["http"][1] = {"name": "primary", "match": [{"uri": {"prefix": "/"}}], "delegate": {"name": "leaf"}}
    shop.apply(body)
    shop.apply(rollout())
    held = shop.until("the refusal", lambda seen: seen.reason == "RouteUnsupported")
    assert f"delegates to VirtualService {shop.namespace}/leaf; name that one in virtualServices" in held.message


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
    return [at for at, step in enumerate(run.steps, start=1) if step.call.resource == "virtualservices"]


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
        assert hosts.shop.deployment(CANARY) is None
    if not behaviour:
        assert [each.failures() for each in callers] == [0] * len(ROUTES)
