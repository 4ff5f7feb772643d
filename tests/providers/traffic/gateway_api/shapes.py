"""HTTPRoutes, asked-for splits and orders, as the tests of this folder write them."""

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.restore import restored
from canary_operator.providers.traffic.gateway_api.routes import Asked
from canary_operator.providers.traffic.partly import Partly
from tests.providers.traffic.istio.shapes import listed, orders_in

ROLLOUT = "shop/checkout"
ANYTHING = [{"path": {"type": "PathPrefix", "value": "/"}}]


def a_backend(name: str, weight: int | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "port": 80} | ({} if weight is None else {"weight": weight}) | more


def a_rule(*backends: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"matches": ANYTHING, **more, "backendRefs": [dict(each) for each in backends]}


def a_route(
    *rules: Mapping[str, Any], annotations: Mapping[str, str] | None = None, parents: Any = None
) -> dict[str, Any]:
    """`parents` are what its status says."""
    metadata: dict[str, Any] = {"name": "checkout", "namespace": "shop", "generation": 3}
    if annotations:
        metadata["annotations"] = dict(annotations)
    spec = {"parentRefs": [{"kind": "Gateway", "name": "web"}], "rules": [dict(each) for each in rules]}
    body = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}
    return body | ({"status": {"parents": parents}} if parents else {})


def a_split(
    rule: str | None = None,
    *,
    stable: str = "checkout",
    canary: str | None = None,
    rollout: str = ROLLOUT,
    more: Sequence[str] = (),
) -> Asked:
    """`more` are split along."""
    return Asked(rollout, (rule, *more), stable, canary or f"{stable}-canary")


def asked_in(intent: Mapping[str, Any]) -> Asked:
    """What the `intent.yaml` of a golden folder asks for: one rule, or a list of them."""
    rest = {key: value for key, value in intent.items() if key in {"stable", "canary"}}
    first, *more = listed(intent.get("rule")) or [None]
    return a_split(first, more=more, **rest)


def steps(intent: Mapping[str, Any]) -> dict[str, SetWeight]:
    """A whole run with what a golden folder asks to insert, as a plan orders it; file → order."""
    return orders_in(intent)


def at(live: Object, order: SetWeight, split: Asked | None = None) -> Object:
    """The object with this weight; the test fails on a problem."""
    after = desired(live, split or a_split(), order)
    assert not isinstance(after, Partly | Problem), after
    return after


def given_back(live: Object, split: Asked | None = None) -> Object:
    after = restored(live, split or a_split())
    assert not isinstance(after, Problem), after.message
    return after


def backends_in(live: Object, place: int = 0) -> Any:
    return live["spec"]["rules"][place]["backendRefs"]


def weights_of(live: Object, place: int = 0) -> dict[str, int | None]:
    """Service → weight, as they stand."""
    return {each["name"]: each.get("weight") for each in backends_in(live, place)}


def cookies_of(backend: Mapping[str, Any]) -> list[str]:
    """What it adds to the Set-Cookie headers of its responses."""
    filters = [one["responseHeaderModifier"] for one in backend.get("filters", ()) if "responseHeaderModifier" in one]
    added = [header for one in filters for header in one.get("add", ())]
    return [header["value"] for header in added if header["name"].lower() == "set-cookie"]


SPLIT = a_split("primary")


def names(live: Object) -> list[str]:
    return [rule.get("name", "") for rule in live["spec"]["rules"]]


def seen(live: Object, split: Asked = SPLIT) -> Route:
    found = current(live, split)
    assert isinstance(found, Route), found
    return found


def edited(live: Object, change: Any) -> Any:
    """`change` gets the list of rules."""
    found = copy.deepcopy(dict(live))
    change(found["spec"]["rules"])
    return found


def as_sent(live: Object) -> Any:
    """Through JSON, in which no two places share one value."""
    return json.loads(json.dumps(live))


def a_filter(service: str, **more: Any) -> dict[str, Any]:
    return {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": service, "port": 80}, **more}}
