"""A shop that is reached by two hosts, each with a VirtualService of its own, whose routes one rollout splits alike."""

import copy
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from testbed.load import Plan
from testbed.shop import NAME, Manifest, Shop, Traffic, rollout
from testbed.shop.manifests import GATEWAY

INSIDE = f"{NAME}-inside"
ROUTES = ((NAME, "primary"), (NAME, "admin"), (INSIDE, "primary"))
"""VirtualService, and the http route in it."""


class TwoHosts:
    def __init__(self, shop: Shop) -> None:
        self.shop, self.inside = shop, f"inside.{shop.host}"
        first = self.read(NAME)
        primary = first["spec"]["http"][1]
        admin = {**primary, "name": "admin", "match": [{"uri": {"prefix": "/admin"}}], "timeout": "9s"}
        first["spec"]["http"].insert(1, admin)
        second = copy.deepcopy(first)
        second["metadata"] = {"name": INSIDE, "labels": {"team": "inside"}}
        second["spec"] = {"hosts": [self.inside], "gateways": [GATEWAY], "http": [primary]}
        shop.apply(first, second)
        self.before = self.written()

    def rollout(self, stages: Sequence[tuple[str, str]], **analysis: Any) -> Manifest:
        manifest = rollout(stages, analysis)
        manifest["spec"]["traffic"]["istio"]["virtualServices"] = [
            {"name": NAME, "routes": ["primary", "admin"]},
            {"name": INSIDE},
        ]
        return manifest

    def read(self, name: str) -> Any:
        return json.loads(self.shop.kubectl("get", "virtualservice", name, "-o", "json"))

    def written(self) -> list[str]:
        """All that a user writes in both, in one canonical text for each."""
        found = []
        for name in (NAME, INSIDE):
            body = self.read(name)
            metadata = body["metadata"]
            notes = {key: value for key, value in metadata.get("annotations", {}).items() if "kubectl" not in key}
            found.append(json.dumps([body["spec"], metadata.get("labels"), notes], sort_keys=True))
        return found

    def traffic(self, rate: float) -> list[Traffic]:
        """One for each route, in the order of `ROUTES`."""
        return [self.traffic_to(place, rate) for place in range(len(ROUTES))]

    def traffic_to(self, place: int, rate: float) -> Traffic:
        """By the route at this place of `ROUTES` alone."""
        path = "/admin/orders" if ROUTES[place][1] == "admin" else "/"
        host = self.inside if ROUTES[place][0] == INSIDE else self.shop.host
        return Traffic(Plan(self.shop.cluster.gateway_url, host, rate, path=path))

    def shares(self) -> list[float]:
        """The canary's share in percent of each route."""
        return [share_of(self.read(name), rule) for name, rule in ROUTES]


def share_of(virtual_service: Any, rule: str) -> float:
    found = next(each for each in virtual_service["spec"]["http"] if each.get("name") == rule)
    weights: Counter[bool] = Counter()
    for each in found["route"]:
        weights[each["destination"]["host"].endswith("-canary")] += each.get("weight", 0)
    return 100 * weights[True] / weights.total() if weights.total() else 0.0
