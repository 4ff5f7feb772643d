from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from canary_operator.providers.resources import Resource

Object = Mapping[str, Any]
"""A Kubernetes object as JSON; never edited in place."""
FIELD_MANAGER = "canary-operator"
"""Our name as the owner of the fields that we write."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A route of the other kind that claims a host for the mesh too."""

    host: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class Objects(Protocol):
    """The newest copy of every object of the watched kinds that a rollout refers to."""

    def synced(self, resource: Resource) -> bool:
        """Whether the first list of this kind is complete; before it, absence means nothing."""

    def served(self, resource: Resource) -> bool:
        """Whether the API server has this kind at all, as far as we know."""

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """The object, or None when there is none."""

    def roots(self, namespace: str, name: str) -> tuple[str, ...] | None:
        """Which VirtualServices delegate to this one; None where we know of none and may not see all."""

    def rivals(self, resource: Resource, namespace: str, name: str) -> tuple[Rival, ...]:
        """Routes of the other kind that claim, for the mesh, what this one claims; as far as we see."""

    def put(self, resource: Resource, body: Object) -> None:
        """Take an answer of the API server as the newest copy; older ones that still arrive are refused."""

    def drop(self, resource: Resource, namespace: str, name: str, before: Object | None) -> None:
        """The API server said that the object is gone.

        `before` is what we had of it when it was asked: another one that has come since is newer than the answer.
        """
