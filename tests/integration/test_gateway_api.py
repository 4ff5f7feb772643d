"""Releases by an HTTPRoute, obeyed by a real Envoy that istiod configures."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess, install
from testbed.shop import CANARY, NAME, HTTPRouteShop, Rollout, Traffic
from testbed.shop.http_route import http_route
from testbed.shop.manifests import deployment, service
from tests.integration.http_routes import COUNTED, LONGEST, by_http_route, shares
from tests.integration.served import wait_until_served

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("gateway-api")]
"""One after the other: two releases under so much traffic at a time are more than two processors carry."""


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> HTTPRouteShop:
    """The application behind an HTTPRoute."""
    shop = HTTPRouteShop(cluster, namespace)
    shop.open()
    return shop


@pytest.fixture
def traffic(shop: HTTPRouteShop) -> Iterator[Traffic]:
    """A hundred and fifty requests per second, from before the release until after the end."""
    with shop.traffic(150) as traffic:
        yield traffic


def staged(shop: HTTPRouteShop, weight: int) -> None:
    shop.until(f"{weight} %", lambda seen: seen.state == "Staged" and seen.weight == f"{weight}%", LONGEST)
    assert shop.weight() == weight


def finished(shop: HTTPRouteShop) -> Rollout:
    return shop.until("the end", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)


def is_obeyed(shop: HTTPRouteShop, share: float, service: str = CANARY) -> bool:
    """Of all requests the Service gets its share, as closely as chance allows."""
    shop.wait_until_obeyed(shop.weight())
    before = shop.gateway_counts()
    time.sleep(COUNTED)
    sent = shop.gateway_counts() - before
    expected, deviation = shares(sent.total(), share)
    assert sent.total() > 1000
    return abs(sent[service] - expected) <= 4.5 * deviation


def everything_is_given_back(shop: HTTPRouteShop, route: str) -> bool:
    """The route as it was written, byte for byte, and no canary any more."""
    shop.wait("the canary to be gone", lambda: not shop.canary_exists())
    return shop.route() == route


@pytest.mark.usefixtures("operator")
def test_a_good_release_goes_all_the_way(shop: HTTPRouteShop, traffic: Traffic) -> None:
    """Envoy obeys each weight, stable carries the new version in the end, and no user notices."""
    route = shop.route()
    shop.adopt(by_http_route())
    shop.release("v2")
    for weight in (25, 50):
        staged(shop, weight)
        assert is_obeyed(shop, weight / 100)
        shop.order("promote")
    staged(shop, 100)
    wait_until_served(shop, traffic, "v2")
    shop.until("Prometheus to have the gateway's counts", lambda seen: (seen.status.get("canaryRequests") or 0) > 0)
    shop.order("promote")
    assert finished(shop).last["outcome"] == "Promoted"
    wait_until_served(shop, traffic, "v2")
    assert traffic.failures() == 0, f"{traffic.summary()}"
    assert everything_is_given_back(shop, route)


@pytest.mark.usefixtures("operator")
def test_stages_end_by_themselves(shop: HTTPRouteShop, traffic: Traffic) -> None:
    """The evidence comes from the gateway's own counts."""
    route = shop.route()
    shop.adopt(by_http_route((("25%", "4s"), ("50%", "4s"), ("100%", "3s"))))
    shop.release("v2")
    assert finished(shop).last["outcome"] == "Promoted"
    assert traffic.failures() == 0, f"{traffic.summary()}"
    assert everything_is_given_back(shop, route)


@pytest.mark.usefixtures("operator")
def test_a_bad_release_is_rolled_back(shop: HTTPRouteShop, traffic: Traffic) -> None:
    """5 % more errors than stable are noticed at 25 %, and then nobody gets the canary any more."""
    route = shop.route()
    shop.adopt(by_http_route())
    shop.release("v2-e5")
    last = finished(shop).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    wait_until_served(shop, traffic, "v1")
    assert everything_is_given_back(shop, route)


@pytest.mark.usefixtures("operator")
def test_an_abort_loses_no_request(shop: HTTPRouteShop, traffic: Traffic) -> None:
    """Stable has everything again, and the route is as it was written."""
    route = shop.route()
    shop.adopt(by_http_route())
    shop.release("v2")
    staged(shop, 25)
    shop.order("abort")
    assert finished(shop).last["outcome"] == "Aborted"
    wait_until_served(shop, traffic, "v1")
    assert everything_is_given_back(shop, route)
    assert traffic.failures() == 0, f"{traffic.summary()}"


def test_a_killed_operator_goes_on(shop: HTTPRouteShop, traffic: Traffic, operator: OperatorProcess) -> None:
    """It finds the run by the route's record, and deleting the rollout gives everything back."""
    route = shop.route()
    shop.adopt(by_http_route())
    shop.release("v2")
    staged(shop, 25)
    operator.kill()
    operator.start()
    shop.order("promote")
    staged(shop, 50)
    assert shop.rollout().status["runs"] == 1
    shop.kubectl("delete", "canaryrollout", NAME, "--timeout=30s")
    assert everything_is_given_back(shop, route)
    assert traffic.failures() == 0, f"{traffic.summary()}"


@pytest.mark.usefixtures("operator")
def test_somebody_who_pulls_the_weight_is_heard(shop: HTTPRouteShop, traffic: Traffic) -> None:
    """The run holds until a person says `resume`, and nothing raises it before."""
    shop.adopt(by_http_route())
    shop.release("v2")
    staged(shop, 25)
    change = [
        {"op": "replace", "path": f"/spec/rules/1/backendRefs/{at}/weight", "value": 50 * (1 - at)} for at in (0, 1)
    ]
    shop.kubectl("patch", "httproute", NAME, "--type=json", "-p", json.dumps(change))
    shop.until("the hold", lambda seen: seen.reason == "TrafficPulled", LONGEST)
    time.sleep(2)
    assert shop.weight() == 0
    shop.order("resume")
    shop.wait("the weight of the stage", lambda: shop.weight() == 25, LONGEST)
    assert traffic.failures() == 0, f"{traffic.summary()}"


@pytest.mark.usefixtures("operator")
def test_a_write_that_a_gateway_does_not_accept_is_taken_back(shop: HTTPRouteShop, traffic: Traffic) -> None:
    """Another implementation serves the same route and says that it does not support what stands in it now."""
    route = shop.route()
    shop.adopt(by_http_route())
    shop.release("v2")
    staged(shop, 25)
    complain(shop)
    shop.wait("the traffic to be on stable", lambda: shop.weight() == 0)
    told, *_ = shop.wait_until_told("RouteNotAccepted")
    assert "is not obeyed by Gateway strict as it is now, in a run: UnsupportedValue: no weights below 50" in told
    held = shop.until("the wait for a person", lambda seen: seen.held and seen.reason == "Paused")
    assert held.message.startswith(
        f"the traffic was given back to stable: HTTPRoute {shop.namespace}/{NAME} is not obeyed"
    )
    assert held.message.endswith("annotate resume=true to begin the stage anew")
    time.sleep(2)
    assert shop.weight() == 0
    shop.order("resume")
    staged(shop, 25)
    complain(shop)
    shop.wait("the traffic to be on stable again", lambda: shop.weight() == 0)
    shop.order("abort")
    assert finished(shop).last["outcome"] == "Aborted"
    assert everything_is_given_back(shop, route)
    assert traffic.failures() == 0, f"{traffic.summary()}"


def complain(shop: HTTPRouteShop) -> None:
    """As a second controller would that has read what stands in the route now."""
    live = json.loads(shop.kubectl("get", "httproute", NAME, "-o", "json"))
    words = {
        "reason": "UnsupportedValue",
        "message": "no weights below 50",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    generation = live["metadata"]["generation"]
    condition = {"type": "Accepted", "status": "False", "observedGeneration": generation, **words}
    parent = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "strict"}
    said = {"parentRef": parent, "controllerName": "example.com/strict", "conditions": [condition]}
    others = [one for one in live["status"]["parents"] if one["controllerName"] != said["controllerName"]]
    patch = json.dumps({"status": {"parents": [*others, said]}})
    shop.kubectl("patch", "httproute", NAME, "--subresource=status", "--type=merge", "-p", patch)


@pytest.mark.usefixtures("operator", "traffic")
def test_a_third_backend_keeps_its_share(shop: HTTPRouteShop) -> None:
    """A quarter of all requests, whatever the canary has of the rest."""
    shop.apply(deployment("v1", 1, "legacy"), service("legacy"))
    shop.kubectl("rollout", "status", "deployment/legacy", "--timeout=60s")
    body = http_route(shop.host)
    body["spec"]["rules"][1]["backendRefs"] = [
        {"name": NAME, "port": 80, "weight": 3},
        {"name": "legacy", "port": 80, "weight": 1},
    ]
    shop.apply(body)
    route = shop.route()
    shop.adopt(by_http_route())
    shop.release("v2")
    shop.until("25 %", lambda seen: seen.state == "Staged" and seen.weight == "25%", LONGEST)
    assert is_obeyed(shop, 1 / 4, "legacy")
    assert is_obeyed(shop, 3 / 16, CANARY)
    shop.order("abort")
    assert finished(shop).last["outcome"] == "Aborted"
    assert everything_is_given_back(shop, route)


@pytest.mark.serial
def test_a_cluster_without_http_routes_is_as_it_should_be(tmp_path: Path) -> None:
    """The operator is ready there; a rollout that asks for one says what is missing, and goes on once it is there."""
    cluster = Cluster.up(tmp_path / "bed")
    try:
        definitions = json.loads((cluster.state.directory / "bin" / "gateway-api-crds.json").read_text())
        definition = next(one for one in definitions if one["spec"]["names"]["kind"] == "HTTPRoute")
        cluster.kubectl("delete", "crd", definition["metadata"]["name"])
        install(cluster)
        cluster.kubectl("create", "namespace", "shop")
        shop = HTTPRouteShop(cluster, "shop")
        with OperatorProcess(cluster):
            shop.apply(deployment("v1", 1), service(), by_http_route())
            message = shop.until("the complaint", lambda seen: seen.reason == "RouteNotFound", LONGEST).message
            assert "does not serve httproutes.gateway.networking.k8s.io v1, or does not let the operator" in message
            cluster.kubectl("apply", "--server-side", "-f", "-", input=json.dumps(definition))
            shop.wait("the complaint that there is none", lambda: "create it" in shop.rollout().message, LONGEST)
            shop.apply(http_route(shop.host))
            shop.until("the adoption", lambda seen: seen.rests, LONGEST)
    finally:
        cluster.down()
