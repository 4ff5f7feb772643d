"""What differs between routes for a test that asks the same of each kind."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from testbed.cluster import Cluster
from testbed.shop import NAME, HTTPRouteShop, Manifest, Shop, rollout
from tests.integration.http_routes import by_http_route


@dataclass(frozen=True)
class Kind:
    shop: type[Shop]
    resource: str
    rules: str
    """Where they stand in the spec."""
    beside: str
    """The rule before the one that is split."""
    called: str
    """The one that is split, in messages."""
    cookie: str
    """Where in it stable's cookie stands."""
    rollout: Callable[[Sequence[tuple[str, str]]], Manifest]

    def opened(self, cluster: Cluster, namespace: str) -> Shop:
        shop = self.shop(cluster, namespace)
        shop.open()
        return shop

    def rules_of(self, shop: Shop) -> list[Any]:
        body = json.loads(shop.kubectl("get", self.resource, NAME, "-o", "json"))
        found: list[Any] = body["spec"][self.rules]
        return found

    def names(self, shop: Shop) -> list[str]:
        return [rule["name"] for rule in self.rules_of(shop)]

    def remove(self, shop: Shop, place: str) -> None:
        """By hand, from the rules."""
        operation = {"op": "remove", "path": f"/spec/{self.rules}/{place}"}
        shop.kubectl("patch", self.resource, NAME, "--type=json", "-p", json.dumps([operation]))


VIRTUAL_SERVICE = Kind(Shop, "virtualservice", "http", "status", "http route primary", "route/0/headers", rollout)
HTTP_ROUTE = Kind(HTTPRouteShop, "httproute", "rules", "old", "rule primary", "backendRefs/0/filters", by_http_route)
EACH = [VIRTUAL_SERVICE, pytest.param(HTTP_ROUTE, marks=pytest.mark.xdist_group("gateway-api"))]
