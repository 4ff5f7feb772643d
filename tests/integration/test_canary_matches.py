"""Canary matches and buckets of a real Envoy: who gets the canary, by what a request says."""

import copy
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
import requests

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.rollout import Spec
from canary_operator.core.world import Route
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes, connect
from canary_operator.providers.resources import VIRTUAL_SERVICES
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from testbed.cluster import Cluster
from testbed.load import Plan
from testbed.operator import OperatorProcess
from testbed.shop import CANARY, NAME, Manifest, Shop, Traffic, rollout
from testbed.shop.manifests import service
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.istio.shapes import a_weight, rolled_back

pytestmark = pytest.mark.integration

TESTERS = {"headers": [{"name": "x-canary", "exact": "true"}]}
AS_TESTER = {"x-canary": "true"}


class Request(NamedTuple):
    headers: Mapping[str, str] = {}
    path: str = "/"
    method: str = "GET"


def header(value: str) -> Request:
    return Request({"X-Canary": value})


def cookie(value: str) -> Request:
    return Request({"Cookie": value})


CASES: dict[str, tuple[dict[str, Any], list[Request], list[Request]]] = {
    "header exact": (TESTERS, [header("true")], [Request(), header("TRUE"), header("true1"), header("")]),
    "header prefix": (
        {"headers": [{"name": "x-canary", "prefix": "eu-"}]},
        [header("eu-"), header("eu-west")],
        [Request(), header("us-eu-")],
    ),
    "header regex": (
        {"headers": [{"name": "x-canary", "regex": "[0-9]{2}|beta"}]},
        [header("42"), header("beta")],
        [Request(), header("142"), header("beta2")],
    ),
    "header present": ({"headers": [{"name": "x-canary", "present": True}]}, [header("any")], [Request()]),
    "two headers": (
        {"headers": [{"name": "x-canary", "exact": "1"}, {"name": "x-team", "exact": "a"}]},
        [Request({"x-canary": "1", "x-team": "a"})],
        [header("1"), Request({"x-canary": "1", "x-team": "b"})],
    ),
    "cookie exact": (
        {"cookie": {"name": "tester", "exact": "a.b"}},
        [cookie("tester=a.b"), cookie("x=1; tester=a.b; y=2")],
        [Request(), cookie("tester=axb"), cookie("xtester=a.b"), cookie("tester=a.bc")],
    ),
    "cookie regex": (
        {"cookie": {"name": "tester", "regex": "a|b+"}},
        [cookie("tester=a"), cookie("x=1; tester=bbb")],
        [cookie("tester=ab"), cookie("tester=; x=a")],
    ),
    "cookie prefix": (
        {"cookie": {"name": "group", "prefix": "beta-"}},
        [cookie("group=beta-7; x=1")],
        [cookie("group=7; x=beta-")],
    ),
    "cookie present": ({"cookie": {"name": "early", "present": True}}, [cookie("early=0")], [cookie("x=early")]),
    "query exact": (
        {"queryParams": [{"name": "canary", "exact": "1"}]},
        [Request(path="/?canary=1"), Request(path="/cart?x=2&canary=1")],
        [Request(), Request(path="/?canary=11"), Request(path="/?xcanary=1")],
    ),
    "query prefix": (
        {"queryParams": [{"name": "v", "prefix": "2."}]},
        [Request(path="/?v=2.1")],
        [Request(path="/?v=1.2.")],
    ),
    "query regex": (
        {"queryParams": [{"name": "v", "regex": "[23]"}]},
        [Request(path="/?v=2")],
        [Request(path="/?v=23")],
    ),
    "query present": (
        {"queryParams": [{"name": "debug", "present": True}]},
        [Request(path="/?debug=0"), Request(path="/?debug")],
        [Request(path="/?x=debug")],
    ),
    "path exact": ({"path": {"exact": "/v2"}}, [Request(path="/v2"), Request(path="/v2?x=1")], [Request(path="/v2/")]),
    "path prefix": ({"path": {"prefix": "/v2"}}, [Request(path="/v2/cart")], [Request(path="/cart/v2")]),
    "path regex": ({"path": {"regex": "/v[23]/.*"}}, [Request(path="/v3/x")], [Request(path="/a/v3/x")]),
    "method": ({"method": "PUT"}, [Request(method="PUT")], [Request(), Request(method="POST")]),
    "all of one item": (
        {"path": {"prefix": "/v2"}, "method": "GET", **TESTERS},
        [Request(AS_TESTER, "/v2")],
        [Request(AS_TESTER), Request(path="/v2"), Request(AS_TESTER, "/v2", "POST")],
    ),
}


@pytest.fixture
async def kubernetes(cluster: Cluster) -> AsyncIterator[Kubernetes]:
    client = await connect(str(cluster.kubeconfig), None, may_write=lambda: True)
    yield client
    await client.close()


class Edge:
    """The route of a shop whose canary is there already, and the gateway in front of it."""

    def __init__(self, shop: Shop, kubernetes: Kubernetes) -> None:
        self.shop, self.before = shop, read(shop)
        objects = MemoryObjects()
        objects.put(VIRTUAL_SERVICES, self.before)
        self.traffic = IstioTraffic(kubernetes, objects)
        self.target = Target(shop.namespace, NAME, "uid", Spec.model_validate(rollout()["spec"]))
        self.session = requests.Session()

    def version(self, request: Request) -> str:
        answer = self.session.request(
            request.method,
            f"{self.shop.cluster.gateway_url}{request.path}",
            headers={"Host": self.shop.host, **request.headers},
            timeout=5,
        )
        return str(answer.headers.get("x-version", answer.status_code))

    async def found(self) -> Route:
        route = await self.traffic.look(self.target)
        assert isinstance(route, Route)
        return route

    async def given_back(self) -> None:
        await self.traffic.restore(self.target)
        after = read(self.shop)
        assert after["spec"] == self.before["spec"]
        assert after["metadata"]["annotations"] == self.before["metadata"]["annotations"]


@pytest.fixture
def edge(shop: Shop, kubernetes: Kubernetes) -> Edge:
    shop.open_beside("v2")
    return Edge(shop, kubernetes)


def read(shop: Shop) -> Any:
    return json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))


def until(what: str, holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


async def test_every_kind_of_test_finds_its_requests_and_no_others(edge: Edge) -> None:
    """At weight 0: whoever passes has the canary, everybody else stable, again and again; and then nobody any more."""
    for name, (match, passing, failing) in CASES.items():
        order = a_weight(0, matches=(CanaryMatch.model_validate(match),))
        await edge.traffic.set_weight(edge.target, order)
        until(name, lambda sent=passing[0]: edge.version(sent) == "v2")  # type: ignore[misc]
        for _ in range(5):
            assert [one for one in passing if edge.version(one) != "v2"] == [], name
            assert [one for one in failing if edge.version(one) != "v1"] == [], name
        found = await edge.found()
        assert found == Route(Fraction(0), found.record, found.matched)
        await edge.traffic.set_weight(edge.target, rolled_back())
        until("the rules to go", lambda sent=passing[0]: edge.version(sent) == "v1")  # type: ignore[misc]
    await edge.given_back()


async def test_any_of_several_items_is_enough_and_the_weight_is_for_the_others(edge: Edge) -> None:
    """Half of the others, all of the testers."""
    matches = tuple(CanaryMatch.model_validate(each) for each in (TESTERS, {"cookie": {"name": "early", "present": 1}}))
    await edge.traffic.set_weight(edge.target, a_weight(50, matches=matches))
    until("the weight", lambda: edge.version(Request()) == "v2")
    for tester in (Request(AS_TESTER), cookie("early=1")):
        assert {edge.version(tester) for _ in range(50)} == {"v2"}
    others = [edge.version(Request()) for _ in range(300)]
    assert 90 < others.count("v2") < 210, others.count("v2")
    await edge.given_back()


async def test_testers_through_a_service_of_their_own_are_nobodys_counts(edge: Edge) -> None:
    """Envoy counts them apart, so no comparison has them."""
    edge.shop.apply(service_of_testers())
    testers = (CanaryMatch.model_validate(TESTERS),)
    await edge.traffic.set_weight(edge.target, a_weight(50, matches=testers, match_service="testers"))
    until("the weight", lambda: edge.version(Request()) == "v2")
    until("testers", lambda: edge.version(Request(AS_TESTER)) == "v2")
    before = edge.shop.gateway_counts()
    assert {edge.version(Request(AS_TESTER)) for _ in range(40)} == {"v2"}
    until("Envoy to count", lambda: (edge.shop.gateway_counts() - before)["testers"] == 40)
    assert edge.shop.gateway_counts() - before == {"testers": 40}
    assert (await edge.found()).lost == ()
    await edge.given_back()


def service_of_testers() -> Manifest:
    """The canary Service's twin."""
    return service(CANARY) | {"metadata": {"name": "testers"}}


@pytest.mark.usefixtures("operator")
def test_testers_of_a_release_are_counted_in_the_dark_only(shop: Shop, kubernetes: Kubernetes) -> None:
    """With a Service of their own: there by the canary Service, later by theirs, and nobody gets a 503."""
    shop.apply(service_of_testers())
    edge, before = Edge(shop, kubernetes), shop.route()
    with shop.traffic(40) as traffic, as_tester(shop, 20) as testers:
        manifest = dark(("20%", "6s"), ("100%", "2s"))
        manifest["spec"]["traffic"]["matchService"] = "testers"
        shop.adopt(manifest)
        shop.release("v2")
        shop.until("the dark launch", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        until("testers to have it", lambda: edge.version(Request(AS_TESTER)) == "v2")
        assert shop.gateway_counts()["testers"] == 0
        shop.until("the next stage", lambda seen: (seen.state, seen.weight) == ("Staged", "20%"))
        until("them to be counted apart", lambda: shop.gateway_counts()["testers"] > 40)
        seen = shop.until("the last stage", lambda seen: seen.weight == "100%")
        assert seen.status["canaryRequests"] < 150, "8 requests a second of others, and 20 of testers"
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 90)
    assert shop.route() == before
    assert traffic.failures() == testers.failures() == 0


@pytest.mark.parametrize("where", ["header", "cookie"])
async def test_a_bucket_is_exact_for_every_user(edge: Edge, where: str) -> None:
    """N = 1, 5, 37, 99: who is below has the canary at every request, and nobody goes back when N grows."""
    ids = [0, 1, 4, 5, 9, 10, 36, 37, 38, 98, 99, 100, 101, 105, 136, 137, 199, 7305, 123456789]
    bucket = CanaryBucket.model_validate({where: "uid"})
    for number in (1, 5, 37, 99):
        await edge.traffic.set_weight(edge.target, a_weight(number, bucket=bucket))
        until(f"N = {number}", lambda n=number: edge.version(user(where, n - 1)) == "v2")  # type: ignore[misc]
        for _ in range(3):
            seen = {one: edge.version(user(where, one)) for one in ids}
            assert seen == {one: "v2" if one % 100 < number else "v1" for one in ids}
        assert {edge.version(Request()) for _ in range(20)} == {"v1"}
        assert (await edge.found()).share == Fraction(number, 100)
    await edge.traffic.set_weight(edge.target, a_weight(100))
    until("everybody", lambda: edge.version(Request()) == "v2")
    await edge.traffic.set_weight(edge.target, rolled_back())
    until("nobody", lambda: edge.version(user(where, 0)) == "v1")
    await edge.given_back()


def user(where: str, number: int | str) -> Request:
    return Request({"uid": str(number)}) if where == "header" else cookie(f"a=1; uid={number}; b=2")


async def test_a_bucket_of_hexadecimal_ids_is_exact(edge: Edge) -> None:
    """5 % is 13 of 256 endings; a UUID has dashes."""
    bucket = CanaryBucket(header="uid", ids="Hexadecimal")
    await edge.traffic.set_weight(edge.target, a_weight(5, bucket=bucket))
    until("the bucket", lambda: edge.version(user("header", "00")) == "v2")
    for ending in range(256):
        for written in (f"{ending:02x}", f"3F2A-{ending:02X}"):
            assert edge.version(user("header", written)) == ("v2" if ending < 13 else "v1"), written
    await edge.given_back()


def dark(*more: tuple[str, str], **analysis: Any) -> Manifest:
    """The shop's rollout with a dark launch first."""
    manifest = rollout((("0%", "6s"), *more), analysis or None)
    manifest["spec"]["traffic"]["canaryMatches"] = [TESTERS]
    return manifest


@pytest.mark.usefixtures("operator")
def test_a_release_begins_in_the_dark_and_ends_with_the_route_as_it_was(shop: Shop, kubernetes: Kubernetes) -> None:
    """Testers first, then half of the others, then everybody; and Envoy never lacks a pod."""
    before, edge = shop.route(), Edge(shop, kubernetes)
    with shop.traffic(60) as traffic, as_tester(shop, 10) as testers:
        shop.adopt(dark(("50%", "4s"), ("100%", "2s")))
        shop.release("v2")
        shop.until("the dark launch", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        until("testers to have it", lambda: edge.version(Request(AS_TESTER)) == "v2")
        assert {edge.version(Request()) for _ in range(30)} == {"v1"}
        assert edge.version(Request(AS_TESTER)) == "v2"
        shop.until("the next stage", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"))
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 90)
    assert shop.route() == before
    assert traffic.failures() == testers.failures() == 0


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("good", [True, False], ids=["good", "bad"])
def test_blue_green_is_a_preview_and_then_everybody_at_once(shop: Shop, kubernetes: Kubernetes, good: bool) -> None:
    """Blue stays until green has had everybody for a while: a green one that fails then is gone in seconds."""
    before, blue, edge = shop.route(), shop.pods(), Edge(shop, kubernetes)
    limit = {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]}
    with shop.traffic(60) as traffic:
        shop.adopt(dark(("100%", "10s" if good else "5m"), **limit))
        shop.release("v2")
        shop.until("the preview", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        until("it to be there", lambda: edge.version(Request(AS_TESTER)) == "v2")
        assert {edge.version(Request()) for _ in range(20)} == {"v1"}
        shop.until("the switch", lambda seen: (seen.state, seen.weight) == ("Staged", "100%"))
        assert shop.pods() == blue
        if not good:
            shop.begin_incident("50%", CANARY)
        ended = shop.until("the end", lambda seen: bool(seen.outcomes) and seen.rests, 90)
        assert ended.outcomes == ["Promoted" if good else "RolledBack"]
        assert not good or traffic.failures() == 0
    assert shop.route() == before
    assert good or edge.version(Request()) == "v1"


@pytest.mark.usefixtures("operator")
def test_a_canary_that_fails_its_testers_is_taken_from_them(shop: Shop, kubernetes: Kubernetes) -> None:
    """Before anybody else has met it."""
    before, edge = shop.route(), Edge(shop, kubernetes)
    with shop.traffic(60) as traffic, as_tester(shop, 10):
        manifest = dark(("50%", "1m"))
        manifest["spec"]["stages"][0]["duration"] = "2m"
        shop.adopt(manifest)
        shop.release("v2-e100")
        shop.until("the end", lambda seen: seen.outcomes == ["RolledBack"] and seen.rests, 60)
    assert shop.route() == before
    assert edge.version(Request(AS_TESTER)) == "v1"
    assert traffic.failures() == 0


def test_a_killed_operator_goes_on_with_a_dark_launch(
    shop: Shop, kubernetes: Kubernetes, operator: OperatorProcess
) -> None:
    """Testers keep the canary meanwhile, and nobody else gets it; the run ends as without the kill."""
    before, edge = shop.route(), Edge(shop, kubernetes)
    with shop.traffic(40) as traffic, as_tester(shop, 10) as testers:
        shop.adopt(dark(("50%", "3s"), ("100%", "2s")))
        shop.release("v2")
        shop.until("the dark launch", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        until("testers to have it", lambda: edge.version(Request(AS_TESTER)) == "v2")
        operator.kill()
        time.sleep(2)
        assert edge.version(Request(AS_TESTER)) == "v2"
        assert {edge.version(Request()) for _ in range(20)} == {"v1"}
        operator.start()
        ended = shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 90)
    assert ended.status["runs"] == 1
    assert shop.route() == before
    assert traffic.failures() == testers.failures() == 0


@pytest.mark.usefixtures("operator")
def test_a_rule_that_somebody_takes_away_holds_the_run(shop: Shop) -> None:
    """Nobody but a person sends the testers again, and says so by the verb resume."""
    with shop.traffic(40), as_tester(shop, 5):
        manifest = dark(("50%", "1m"))
        manifest["spec"]["stages"][0]["duration"] = "2m"
        shop.adopt(manifest)
        shop.release("v2")
        shop.until("the dark launch", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"))
        names = [rule.get("name") for rule in read(shop)["spec"]["http"]]
        ours = f"canary-operator-match-1-{NAME}"
        assert names == ["status", ours, "primary"]
        remove = json.dumps([{"op": "remove", "path": "/spec/http/1"}])
        shop.kubectl("patch", "virtualservice", NAME, "--type=json", "-p", remove)
        held = shop.until("the hold", lambda seen: seen.held and seen.reason == "TrafficPulled")
        assert ours in held.message
        shop.order("resume")
        shop.until("the run to go on", lambda seen: not seen.held and seen.reason == "StageRunning")
        assert [rule.get("name") for rule in read(shop)["spec"]["http"]] == names
        shop.order("abort")
        shop.until("the end", lambda seen: seen.outcomes == ["Aborted"] and seen.rests)
        assert [rule.get("name") for rule in read(shop)["spec"]["http"]] == ["status", "primary"]


@pytest.mark.usefixtures("operator")
def test_tests_that_cannot_be_combined_are_a_condition(shop: Shop) -> None:
    """It names the place in the route and the field of the spec, before any run."""
    body = read(shop)
    body["spec"]["http"][1]["match"] = [{"headers": {"x-canary": {"exact": "2"}}}]
    shop.apply(body)
    shop.apply(dark())
    held = shop.until("the condition", lambda seen: seen.reason == "RouteUnsupported")
    assert "tests the header x-canary already, and traffic.canaryMatches[0] tests it too" in held.message


def as_tester(shop: Shop, rate: float) -> Traffic:
    return Traffic(Plan(shop.cluster.gateway_url, shop.host, rate, headers=AS_TESTER))


def test_the_canary_of_a_bucket_is_the_one_of_its_users(shop: Shop, operator: OperatorProcess) -> None:
    """With a real operator: half of the users, the same ones, and a route without a trace afterwards."""
    del operator
    before = shop.route()
    manifest = copy.deepcopy(rollout((("50%", "6s"), ("100%", "2s"))))
    manifest["spec"]["traffic"]["canaryBucket"] = {"header": "x-user-id"}
    inside = Traffic(Plan(shop.cluster.gateway_url, shop.host, 30, headers={"x-user-id": "149"}))
    outside = Traffic(Plan(shop.cluster.gateway_url, shop.host, 30, headers={"x-user-id": "150"}))
    with inside, outside:
        shop.adopt(manifest)
        shop.release("v2")
        shop.until("the stage", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"))
        counts = shop.gateway_counts()
        until("users of the bucket", lambda: (shop.gateway_counts() - counts)[CANARY] > 30)
        assert shop.weight() == 0, "behind the bucket nobody is drawn"
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 60)
    assert shop.route() == before
    assert inside.failures() == outside.failures() == 0
