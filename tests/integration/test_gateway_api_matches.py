"""Canary matches, buckets and cookies of an HTTPRoute: who gets the canary of a real Envoy, by what a request says."""

import copy
import json
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
import requests

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.rollout import Spec
from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import HTTP_ROUTES
from canary_operator.providers.traffic.gateway_api.apply import GatewayAPITraffic
from testbed.cluster import Cluster
from testbed.shop import NAME, HTTPRouteShop
from tests.doubles.objects import MemoryObjects
from tests.integration.choices import CASES
from tests.integration.edge import AS_TESTER, TESTERS, Request, cookie, service_of_testers, until, user
from tests.integration.http_routes import LONGEST, by_http_route, insist
from tests.providers.traffic.istio.shapes import a_weight, drawn, rolled_back

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("gateway-api")]
"""One after the other: two releases under so much traffic at a time are more than two processors carry."""

KINDS = {name: case for name, case in CASES.items() if name != "path regex"}
"""Of paths an HTTPRoute has no expression that comes before a prefix."""
TESTER = CanaryMatch.model_validate(TESTERS)
DRAWN = {"1", "canary"}
"""What cookies of a first stage say."""
LOGIN = Request(path="/login")
"""The application sets a cookie of its own there."""


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> HTTPRouteShop:
    """The application behind an HTTPRoute."""
    shop = HTTPRouteShop(cluster, namespace)
    shop.open()
    return shop


class Edge:
    """The HTTPRoute of a shop whose canary is there already, and the gateway in front of it."""

    def __init__(self, shop: HTTPRouteShop, kubernetes: Kubernetes) -> None:
        self.shop, self.before = shop, read(shop)
        self.objects = MemoryObjects()
        self.objects.put(HTTP_ROUTES, self.before)
        self.traffic = GatewayAPITraffic(kubernetes, self.objects)
        self.target = a_target(shop.namespace)
        self.session = requests.Session()

    def answer(self, request: Request) -> requests.Response:
        return self.session.request(
            request.method,
            f"{self.shop.url}{request.path}",
            headers={"Host": self.shop.host, **request.headers},
            timeout=5,
            allow_redirects=False,
        )

    def version(self, request: Request) -> str:
        answer = self.answer(request)
        return str(answer.headers.get("x-version", answer.status_code))

    def cookies(self, request: Request) -> list[str]:
        """All that the answer sets, each as a browser returns it."""
        self.session.cookies.clear()
        found: list[str] = self.answer(request).raw.headers.getlist("set-cookie")
        return [one.partition(";")[0] for one in found]

    async def write(self, order: SetWeight) -> None:
        await insist(partial(self.traffic.set_weight, self.target, order))

    async def found(self) -> Route:
        self.objects.put(HTTP_ROUTES, read(self.shop))
        route = await self.traffic.look(self.target)
        assert isinstance(route, Route)
        return route

    async def given_back(self) -> None:
        await insist(partial(self.traffic.restore, self.target))
        after = read(self.shop)
        assert after["spec"] == self.before["spec"]
        assert after["metadata"]["annotations"] == self.before["metadata"]["annotations"]


@pytest.fixture
def edge(shop: HTTPRouteShop, kubernetes: Kubernetes) -> Edge:
    shop.open_beside("v2")
    return Edge(shop, kubernetes)


def a_target(namespace: str, **traffic: Any) -> Target:
    spec = by_http_route()["spec"]
    spec["traffic"] |= traffic
    return Target(namespace, NAME, "uid", Spec.model_validate(spec))


def read(shop: HTTPRouteShop) -> Any:
    return json.loads(shop.kubectl("get", "httproute", NAME, "-o", "json"))


async def test_every_kind_of_test_finds_its_requests_and_no_others(edge: Edge) -> None:
    """At weight 0: whoever passes has the canary, everybody else stable, again and again; and then nobody any more."""
    for name, (match, passing, failing) in KINDS.items():
        await edge.write(a_weight(0, matches=(CanaryMatch.model_validate(match),)))
        until(name, lambda sent=passing[0]: edge.version(sent) == "v2")  # type: ignore[misc]
        for _ in range(5):
            assert [one for one in passing if edge.version(one) != "v2"] == [], name
            assert [one for one in failing if edge.version(one) != "v1"] == [], name
        found = await edge.found()
        assert found == Route(Fraction(0), found.record, found.matched, editor=found.editor, carrier=found.carrier)
        assert len(found.matched) == 1
        await edge.write(rolled_back())
        until("the rules to go", lambda sent=passing[0]: edge.version(sent) == "v1")  # type: ignore[misc]
    await edge.given_back()


async def test_any_of_several_items_is_enough_and_the_weight_is_for_the_others(edge: Edge) -> None:
    """Half of the others, all of the testers; and a longer prefix is still another rule's."""
    early = CanaryMatch.model_validate({"cookie": {"name": "early", "present": True}})
    await edge.write(a_weight(50, matches=(TESTER, early)))
    until("the weight", lambda: edge.version(Request()) == "v2")
    for tester in (Request(AS_TESTER), cookie("x=1; early=1")):
        assert {edge.version(tester) for _ in range(50)} == {"v2"}
    assert edge.version(Request(AS_TESTER, "/old")) == "301"
    others = [edge.version(Request()) for _ in range(300)]
    assert 90 < others.count("v2") < 210, others.count("v2")
    await edge.given_back()


async def test_testers_through_a_service_of_their_own_are_counted_apart(edge: Edge) -> None:
    """So no comparison has them."""
    edge.shop.apply(service_of_testers())
    await edge.write(a_weight(50, matches=(TESTER,), match_service="testers"))
    until("the weight", lambda: edge.version(Request()) == "v2")
    until("testers", lambda: {edge.version(Request(AS_TESTER)) for _ in range(10)} == {"v2"})
    before = edge.shop.gateway_counts()
    assert {edge.version(Request(AS_TESTER)) for _ in range(40)} == {"v2"}
    until("Envoy to count", lambda: (edge.shop.gateway_counts() - before)["testers"] == 40)
    assert edge.shop.gateway_counts() - before == {"testers": 40}
    assert (await edge.found()).lost == ()
    await edge.given_back()


@pytest.mark.parametrize("where", ["header", "cookie"])
async def test_a_bucket_is_exact_for_every_user(edge: Edge, where: str) -> None:
    """N = 5, 37: who is below has the canary at every request, and nobody goes back when N grows."""
    ids = [0, 1, 4, 5, 9, 10, 36, 37, 38, 98, 99, 100, 101, 105, 136, 137, 199, 7305, 123456789]
    bucket = CanaryBucket.model_validate({where: "uid"})
    for number in (5, 37):
        await edge.write(a_weight(number, bucket=bucket))
        until(f"N = {number}", lambda n=number: edge.version(user(where, n - 1)) == "v2")  # type: ignore[misc]
        for _ in range(3):
            seen = {one: edge.version(user(where, one)) for one in ids}
            assert seen == {one: "v2" if one % 100 < number else "v1" for one in ids}
        assert {edge.version(Request()) for _ in range(20)} == {"v1"}
        assert (await edge.found()).share == Fraction(number, 100)
    await edge.write(rolled_back())
    until("nobody", lambda: edge.version(user(where, 0)) == "v1")
    await edge.given_back()


async def test_a_rule_that_would_lose_requests_is_named_and_keeps_them(edge: Edge) -> None:
    """It says as much as the copy would, and stands behind the rule that is split."""
    beta = [{"type": "Exact", "name": "x-team", "value": "a"}]
    patch = [
        {
            "op": "add",
            "path": "/spec/rules/-",
            "value": {
                "name": "team",
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}, "headers": beta}],
                "backendRefs": [{"name": NAME, "port": 80}],
            },
        }
    ]
    edge.shop.kubectl("patch", "httproute", NAME, "--type=json", "-p", json.dumps(patch))
    edge.objects.put(HTTP_ROUTES, read(edge.shop))
    refused = await edge.traffic.look(a_target(edge.shop.namespace, canaryMatches=[TESTERS]))
    assert isinstance(refused, Problem)
    assert "says more than rule team does" in refused.message
    apart = {"headers": [{"name": "x-canary", "exact": "true"}, {"name": "x-team", "exact": "b"}]}
    await edge.write(a_weight(0, matches=(CanaryMatch.model_validate(apart),)))
    until("its testers", lambda: edge.version(Request({**AS_TESTER, "x-team": "b"})) == "v2")
    assert edge.version(Request({**AS_TESTER, "x-team": "a"})) == "v1"


async def test_testers_have_the_canary_whatever_they_were_drawn_for(edge: Edge) -> None:
    """Also by a parameter, which says less than a cookie does."""
    by_parameter = CanaryMatch.model_validate({"queryParams": [{"name": "canary", "present": True}]})
    await edge.write(a_weight(50, matches=(by_parameter,), cookies=drawn(50)))

    def set_by_forty() -> set[str]:
        return {one for _ in range(40) for one in edge.cookies(Request())}

    until("both to be drawn", lambda: {one.rpartition(".")[2] for one in set_by_forty()} == DRAWN)
    kept = set_by_forty()
    assert len(kept) == 2
    for one in kept:
        version = "v2" if one.endswith("canary") else "v1"
        assert {edge.version(Request({"cookie": one})) for _ in range(20)} == {version}
        assert {edge.version(Request({"cookie": one}, "/?canary=1")) for _ in range(20)} == {"v2"}
        assert edge.cookies(Request({"cookie": one})) == [], "nobody gets it twice"
    await edge.given_back()


async def test_every_cookie_reaches_its_user(edge: Edge) -> None:
    """The application's, that of a filter of the rule, and ours beside what the backend's filter adds."""

    def adding(name: str, value: str) -> Any:
        modifier = {"add": [{"name": name, "value": value}]}
        return [{"type": "ResponseHeaderModifier", "responseHeaderModifier": modifier}]

    body = read(edge.shop)
    body["spec"]["rules"][1]["filters"] = adding("set-cookie", "seen=1")
    body["spec"]["rules"][1]["backendRefs"][0]["filters"] = adding("x-arm", "1")
    edge.shop.apply(body)
    edge.before = read(edge.shop)
    edge.objects.put(HTTP_ROUTES, edge.before)
    await edge.write(a_weight(50, cookies=drawn(50)))
    for arm in DRAWN:
        until(arm, lambda arm=arm: any(one.endswith(f".{arm}") for one in edge.cookies(LOGIN)))  # type: ignore[misc]
    for _ in range(20):
        names = [one.partition("=")[0] for one in edge.cookies(LOGIN)]
        assert sorted(names) == sorted(["session", "seen", f"canary-operator.{edge.shop.namespace}.{NAME}"])
        assert edge.answer(LOGIN).headers["x-arm"] == "1"
    await edge.given_back()


@pytest.mark.usefixtures("operator")
def test_a_release_begins_in_the_dark_and_ends_with_the_route_as_it_was(
    shop: HTTPRouteShop, kubernetes: Kubernetes
) -> None:
    """Testers first, then half of the others, then everybody; and Envoy never lacks a pod."""
    before, edge = shop.route(), Edge(shop, kubernetes)
    manifest = copy.deepcopy(by_http_route((("0%", "6s"), ("50%", "4s"), ("100%", "2s"))))
    manifest["spec"]["traffic"]["canaryMatches"] = [TESTERS]
    with shop.traffic(60) as traffic:
        shop.adopt(manifest)
        shop.release("v2")
        shop.until("the dark launch", lambda seen: (seen.state, seen.weight) == ("Staged", "0%"), LONGEST)
        until("testers to have it", lambda: edge.version(Request(AS_TESTER)) == "v2")
        assert {edge.version(Request()) for _ in range(30)} == {"v1"}
        shop.until("the next stage", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"), LONGEST)
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 90)
    assert shop.route() == before
    assert traffic.failures() == 0
