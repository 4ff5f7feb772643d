"""The store of watched objects, filled by hand and by the answers to writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from canary_operator.providers.objects import Rival
from canary_operator.providers.resources import Resource


@dataclass(slots=True)
class MemoryObjects:
    """Speaks like `providers.objects.Objects`."""

    bodies: dict[tuple[Resource, str, str], Mapping[str, Any]] = field(default_factory=dict)
    listed: bool = True
    unserved: set[Resource] = field(default_factory=set)
    delegating: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """The roots of each delegate."""
    everywhere: bool = True
    contesting: dict[tuple[object, ...], tuple[Rival, ...]] = field(default_factory=dict)
    """The rivals of each kind, namespace and name."""

    def synced(self, _: Resource) -> bool:
        return self.listed

    def served(self, resource: Resource) -> bool:
        return resource not in self.unserved

    def roots(self, namespace: str, name: str) -> tuple[str, ...] | None:
        return self.delegating.get((namespace, name), ()) if self.everywhere else None

    def rivals(self, *place: object) -> tuple[Rival, ...]:
        return self.contesting.get(place, ())

    def get(self, resource: Resource, namespace: str, name: str) -> Mapping[str, Any] | None:
        return self.bodies.get((resource, namespace, name))

    def put(self, resource: Resource, body: Mapping[str, Any]) -> None:
        self.bodies[resource, body["metadata"]["namespace"], body["metadata"]["name"]] = body

    def drop(self, resource: Resource, namespace: str, name: str, _: object = None) -> None:
        self.bodies.pop((resource, namespace, name), None)
