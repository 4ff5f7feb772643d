"""HTTPRoutes that can't be split: each is said with its place, what stands there and the cure."""

from collections.abc import Mapping
from typing import Any

import pytest

from testbed.cluster import Cluster
from testbed.shop import HTTPRouteShop, Manifest
from testbed.shop.http_route import http_route
from testbed.shop.manifests import deployment, service
from tests.integration.http_routes import LONGEST, by_http_route

pytestmark = pytest.mark.integration


def _without_a_name(body: Any) -> None:
    for rule in body["spec"]["rules"]:
        del rule["name"]


def _elsewhere(body: Any) -> None:
    body["spec"]["rules"][1]["backendRefs"][0]["name"] = "cart"


def _no_such_listener(body: Any) -> None:
    body["spec"]["parentRefs"][0]["sectionName"] = "nowhere"


def _as_it_is(_: Any) -> None:
    """No change."""


WRONG: Mapping[str, tuple[Any, Manifest, str, list[str]]] = {
    "the HTTPRoute does not exist": (
        _as_it_is,
        by_http_route(name="payments"),
        "RouteNotFound",
        ["HTTPRoute", "payments", "create it"],
    ),
    "the rule does not exist": (
        _as_it_is,
        by_http_route(rule="secondary"),
        "RouteNotFound",
        ["no rule named secondary", "old, primary", "correct httpRoutes[0].rules"],
    ),
    "several rules and no name": (
        _as_it_is,
        by_http_route(rule=None),
        "RouteAmbiguous",
        ["old, primary", "name exactly one in httpRoutes[0].rules"],
    ),
    "rules without names": (
        _without_a_name,
        by_http_route(),
        "RouteNotFound",
        ["rules[0] (without a name), rules[1] (without a name)"],
    ),
    "the rule redirects": (_as_it_is, by_http_route(rule="old"), "RouteUnsupported", ["rule old", "redirects"]),
    "the rule goes elsewhere": (
        _elsewhere,
        by_http_route(),
        "DestinationNotFound",
        ["no backend checkout", "there are: cart", "correct stableService"],
    ),
    "nobody obeys it": (
        _no_such_listener,
        by_http_route(),
        "RouteUnsupported",
        ["not obeyed by Gateway testbed-api", "NoMatchingParent"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.usefixtures("operator")
def test_what_is_wrong_with_a_route_is_said(cluster: Cluster, namespace: str, case: str) -> None:
    """A condition names place, value and cure."""
    change, asked, reason, says = WRONG[case]
    shop = HTTPRouteShop(cluster, namespace)
    body = http_route(shop.host)
    change(body)
    shop.apply(deployment("v1", 1), service(), service("cart"), body)
    shop.apply(asked)
    shop.until(case, lambda seen: seen.reason == reason and all(part in seen.message for part in says), LONGEST)
