"""A shop that is reached by two hosts, each with a route object of its own, whose routes one rollout splits alike."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from testbed.load import Plan
from testbed.shop import NAME, Manifest, Rollout, Shop, Traffic, rollout
from testbed.shop.manifests import GATEWAY

INSIDE = f"{NAME}-inside"
ROUTES = ((NAME, "primary"), (NAME, "admin"), (INSIDE, "primary"))
"""Object, and the route in it."""


class TwoHosts:
    """By VirtualServices."""

    kind, weights, called = "virtualservice", "/spec/http/0/route", "http route primary of VirtualService"

    def __init__(self, shop: Shop) -> None:
        self.shop, self.inside = shop, f"inside.{shop.host}"
        shop.apply(*self._written_by_their_owner())
        self.before = self.written()

    def _written_by_their_owner(self) -> list[Manifest]:
        first = self.read(NAME)
        primary = first["spec"]["http"][1]
        admin = {**primary, "name": "admin", "match": [{"uri": {"prefix": "/admin"}}], "timeout": "9s"}
        first["spec"]["http"].insert(1, admin)
        return [first, self._inside(first, {"hosts": [self.inside], "gateways": [GATEWAY], "http": [primary]})]

    def _inside(self, first: Mapping[str, Any], spec: Mapping[str, Any]) -> Manifest:
        return {**first, "metadata": {"name": INSIDE, "labels": {"team": "inside"}}, "spec": spec}

    def rollout(self, stages: Sequence[tuple[str, str]]) -> Manifest:
        manifest = rollout(stages)
        manifest["spec"]["traffic"]["istio"]["virtualServices"] = [
            {"name": NAME, "routes": ["primary", "admin"]},
            {"name": INSIDE},
        ]
        return manifest

    def read(self, name: str) -> Any:
        return json.loads(self.shop.kubectl("get", self.kind, name, "-o", "json"))

    def written(self) -> list[str]:
        """All that a user writes in both, in one canonical text for each."""
        found = []
        for name in (NAME, INSIDE):
            body = self.read(name)
            metadata = body["metadata"]
            notes = {key: value for key, value in metadata.get("annotations", {}).items() if "kubectl" not in key}
            found.append(json.dumps([body["spec"], metadata.get("labels"), notes], sort_keys=True))
        return found

    def pull(self) -> None:
        """Somebody takes the canary's traffic away, in the second object only."""
        patch = [{"op": "replace", "path": f"{self.weights}/{at}/weight", "value": 100 * (1 - at)} for at in (0, 1)]
        self.shop.kubectl("patch", self.kind, INSIDE, "--type=json", "-p", json.dumps(patch))

    def delete(self) -> Manifest:
        """The second object goes; returned is what its owner would write to have it back."""
        body, (spec, labels, _) = self.read(INSIDE), json.loads(self.before[1])
        self.shop.kubectl("delete", self.kind, INSIDE)
        return {**body, "metadata": {"name": INSIDE, "labels": labels}, "spec": spec}

    def traffic(self, rate: float) -> list[Traffic]:
        """One for each route, in the order of `ROUTES`."""
        return [self.traffic_to(place, rate) for place in range(len(ROUTES))]

    def traffic_to(self, place: int, rate: float) -> Traffic:
        """By the route at this place of `ROUTES` alone."""
        path = "/admin/orders" if ROUTES[place][1] == "admin" else "/"
        host = self.inside if ROUTES[place][0] == INSIDE else self.shop.host
        return Traffic(Plan(self.shop.url, host, rate, path=path))

    def shares(self) -> list[float]:
        """The canary's share in percent of each route."""
        return [self._share(self.read(name), rule) for name, rule in ROUTES]

    def _share(self, body: Any, rule: str) -> float:
        return share_of(body, rule)


class TwoHTTPRoutes(TwoHosts):
    """By HTTPRoutes, at one Gateway."""

    kind, weights, called = "httproute", "/spec/rules/0/backendRefs", "rule primary of HTTPRoute"

    def _written_by_their_owner(self) -> list[Manifest]:
        first = self.read(NAME)
        primary, parents = first["spec"]["rules"][1], first["spec"]["parentRefs"]
        matches = [{"path": {"type": "PathPrefix", "value": "/admin"}}]
        admin = {**primary, "name": "admin", "matches": matches, "timeouts": {"request": "9s"}}
        first["spec"]["rules"].insert(1, admin)
        return [first, self._inside(first, {"parentRefs": parents, "hostnames": [self.inside], "rules": [primary]})]

    def rollout(self, stages: Sequence[tuple[str, str]]) -> Manifest:
        manifest = rollout(stages)
        routes = [{"name": NAME, "rules": ["primary", "admin"]}, {"name": INSIDE}]
        manifest["spec"]["traffic"] = {"gatewayAPI": {"httpRoutes": routes}, "stableService": NAME}
        return manifest

    def _share(self, body: Any, rule: str) -> float:
        found = next(each for each in body["spec"]["rules"] if each["name"] == rule)
        return _percentage((each["name"], each["weight"]) for each in found["backendRefs"])


def share_of(virtual_service: Any, rule: str) -> float:
    found = next(each for each in virtual_service["spec"]["http"] if each.get("name") == rule)
    return _percentage((each["destination"]["host"], each.get("weight", 0)) for each in found["route"])


def _percentage(weighted: Iterable[tuple[str, int]]) -> float:
    """What goes to the canary."""
    weights: Counter[bool] = Counter()
    for name, weight in weighted:
        weights[name.endswith("-canary")] += weight
    return 100 * weights[True] / weights.total() if weights.total() else 0.0


def ended(shop: Shop) -> Rollout:
    return shop.until("the end of the run", lambda seen: seen.rests and bool(seen.outcomes), 60)


def answered_by_v2(callers: Sequence[Traffic], seconds: float) -> list[tuple[int, int]]:
    """For each route, how many of how many answers in so many seconds."""
    before = [each.answers() for each in callers]
    time.sleep(seconds)
    later = [each.answers() - old for each, old in zip(callers, before, strict=True)]
    return [(each["v2"], each.total()) for each in later]
