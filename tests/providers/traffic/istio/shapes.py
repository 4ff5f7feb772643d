"""VirtualServices, asked-for splits and orders, as the tests of this folder write them."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import service_host
from canary_operator.providers.traffic.istio.edit import desired
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.routes import Split

ROLLOUT = "shop/checkout"


def a_destination(host: str, weight: int | None = None, **more: Any) -> dict[str, Any]:
    return {"destination": {"host": host}} | ({} if weight is None else {"weight": weight}) | more


def a_rule(*route: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {**more, "route": [dict(each) for each in route]}


def a_virtual_service(*http: Mapping[str, Any], annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "checkout", "namespace": "shop"}
    if annotations:
        metadata["annotations"] = dict(annotations)
    spec = {"hosts": ["checkout.example.com"], "http": [dict(each) for each in http]}
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": metadata, "spec": spec}


def a_split(
    route: str | None = None, *, stable: str = "checkout", canary: str | None = None, rollout: str = ROLLOUT
) -> Split:
    return Split(rollout, route, service_host(stable, "shop"), service_host(canary or f"{stable}-canary", "shop"))


def a_weight(
    percent: str | float, purpose: Purpose = Purpose.STAGE, *, run: str = "abc-1", stage: int = 1
) -> SetWeight:
    return SetWeight(Fraction(str(percent)) / 100, purpose, run, stage)


def rolled_back() -> SetWeight:
    return a_weight(0, Purpose.ROLL_BACK)


def at(live: Object, order: SetWeight, split: Split | None = None) -> Object:
    """The object with this weight; the test fails on a problem."""
    after = desired(live, split or a_split(), order)
    assert not isinstance(after, Problem), after.message
    return after


def given_back(live: Object, split: Split | None = None) -> Object:
    after = restored(live, split or a_split())
    assert not isinstance(after, Problem), after.message
    return after


def route_of(live: Object, index: int = 0) -> Any:
    return live["spec"]["http"][index]["route"]


def weights_of(live: Object, index: int = 0) -> dict[str, int | None]:
    """Host → weight, as they stand."""
    return {each["destination"]["host"]: each.get("weight") for each in route_of(live, index)}
