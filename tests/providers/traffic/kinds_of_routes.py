"""The kinds of routes that a rollout may name: what each has for what all have, for tests that every kind passes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from canary_operator.api.rollout import Spec
from canary_operator.core import carriers
from canary_operator.core.carriers import Carrier
from canary_operator.ports import Target, Traffic
from canary_operator.providers.resources import HTTP_ROUTES, VIRTUAL_SERVICES, Resource
from canary_operator.providers.traffic.gateway_api.apply import GatewayAPITraffic
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from canary_operator.providers.traffic.writing import Kubernetes
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.gateway_api import shapes as http_routes
from tests.providers.traffic.istio import shapes as virtual_services

PRESET = {"preset": "istio-error-rate", "max": "1%"}


@dataclass(frozen=True, slots=True)
class Kind:
    """Shapes and words."""

    resource: Resource
    carrier: Carrier
    provider: Callable[[Kubernetes, MemoryObjects], Traffic]
    block: str
    """Of `spec.traffic`, where such objects are named;"""
    items: str
    """the list in it,"""
    names: str
    """and in an item of that the rules."""
    rules: str
    """Where they stand in the object's own spec;"""
    ends: str
    """and in a rule its destinations."""
    word: str
    """For a rule, to a person."""
    identity: str
    """The field of a destination that a patch tests."""
    route: Callable[..., dict[str, Any]]
    """An object with these rules."""
    rule: Callable[..., dict[str, Any]]
    sends: Callable[..., dict[str, Any]]
    """A destination, by host and weight."""
    alone: dict[str, Any]
    """Stable, where its owner weighs nobody else."""

    def __str__(self) -> str:
        return self.resource.kind

    @property
    def object(self) -> str:
        """The one that tests hold, to a person."""
        return f"{self.resource.kind} shop/checkout"

    def item(self, name: str, *rules: str) -> dict[str, Any]:
        """An object that a rollout names, and these rules in it."""
        return {"name": name} | ({self.names: list(rules)} if rules else {})

    def of(self, *items: dict[str, Any]) -> dict[str, Any]:
        """What a rollout says of all its objects."""
        return {self.block: {self.items: list(items)}}

    def target(self, *rules: str, name: str = "checkout", **traffic: Any) -> Target:
        """A rollout of this name that splits these rules of the one object."""
        return a_target(self.of(self.item("checkout", *rules)) | traffic, name=name)


def a_target(traffic: dict[str, Any], *, name: str = "checkout", metric: dict[str, Any] | None = None) -> Target:
    spec = {
        "revision": "v2",
        "traffic": {"stableService": "checkout", **traffic},
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [metric or PRESET]},
    }
    return Target("shop", name, f"uid-{name}", Spec.model_validate(spec))


VIRTUAL_SERVICE = Kind(
    VIRTUAL_SERVICES,
    carriers.VIRTUAL_SERVICE,
    IstioTraffic,
    block="istio",
    items="virtualServices",
    names="routes",
    rules="http",
    ends="route",
    word="http route",
    identity="host",
    route=virtual_services.a_virtual_service,
    rule=virtual_services.a_rule,
    sends=virtual_services.a_destination,
    alone=virtual_services.a_destination("checkout"),
)
HTTP_ROUTE = Kind(
    HTTP_ROUTES,
    carriers.HTTP_ROUTE,
    GatewayAPITraffic,
    block="gatewayAPI",
    items="httpRoutes",
    names="rules",
    rules="rules",
    ends="backendRefs",
    word="rule",
    identity="name",
    route=http_routes.a_route,
    rule=http_routes.a_rule,
    sends=http_routes.a_backend,
    alone=http_routes.a_backend("checkout", 1),
)
KINDS = (VIRTUAL_SERVICE, HTTP_ROUTE)
