"""The store of watched objects, filled by hand and by the answers to writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from canary_operator.providers.resources import Resource


@dataclass(slots=True)
class MemoryObjects:
    """Speaks like `providers.objects.Objects`."""

    bodies: dict[tuple[Resource, str, str], Mapping[str, Any]] = field(default_factory=dict)
    listed: bool = True
    unserved: set[Resource] = field(default_factory=set)

    def synced(self, _: Resource) -> bool:
        return self.listed

    def served(self, resource: Resource) -> bool:
        return resource not in self.unserved

    def get(self, resource: Resource, namespace: str, name: str) -> Mapping[str, Any] | None:
        return self.bodies.get((resource, namespace, name))

    def put(self, resource: Resource, body: Mapping[str, Any]) -> None:
        self.bodies[resource, body["metadata"]["namespace"], body["metadata"]["name"]] = body

    def drop(self, resource: Resource, namespace: str, name: str) -> None:
        self.bodies.pop((resource, namespace, name), None)
