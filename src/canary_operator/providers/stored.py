"""Writes to watched objects: the answer becomes the newest copy, and a conflict fetches it."""

from collections.abc import Sequence
from typing import Any

from canary_operator.errors import Conflict
from canary_operator.providers.json_patch import Operation, same_object
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.resources import Resource


class Stored:
    """A write takes effect only on the very copy that it was computed from."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects) -> None:
        self._kubernetes = kubernetes
        self._objects = objects

    async def patch(
        self, resource: Resource, body: Object, operations: Sequence[Operation], *, subresource: str | None = None
    ) -> dict[str, Any]:
        """Apply operations that were computed from `body`; without any, nothing is sent."""
        if not operations:
            return dict(body)
        namespace, name = _address(body)
        tested, seen = [*same_object(body), *operations], body["metadata"]["resourceVersion"]
        try:
            answer = await self._kubernetes.patch(resource, namespace, name, tested, seen=seen, subresource=subresource)
        except Conflict:
            await self.read_again(resource, namespace, name)
            raise
        self._objects.put(resource, answer)
        return answer

    async def create(self, resource: Resource, body: dict[str, Any]) -> None:
        namespace, name = _address(body)
        try:
            self._objects.put(resource, await self._kubernetes.create(resource, namespace, body))
        except Conflict:
            await self.read_again(resource, namespace, name)
            raise

    async def delete(self, resource: Resource, body: Object) -> None:
        """Delete exactly this object; gone already is success."""
        namespace, name = _address(body)
        try:
            await self._kubernetes.delete(resource, namespace, name, uid=body["metadata"]["uid"])
        except Conflict:
            await self.read_again(resource, namespace, name)
            raise
        self._objects.drop(resource, namespace, name, body)

    async def read_again(self, resource: Resource, namespace: str, name: str) -> None:
        """Make the store agree with the API server about one object."""
        before = self._objects.get(resource, namespace, name)
        present = await self._kubernetes.get(resource, namespace, name)
        if present is None:
            self._objects.drop(resource, namespace, name, before)
        else:
            self._objects.put(resource, present)


def _address(body: Object) -> tuple[str, str]:
    return body["metadata"]["namespace"], body["metadata"]["name"]
