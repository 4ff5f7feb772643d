"""The API server's side of every route: read from the store, patched on a difference."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from canary_operator.api.quantities import format_percentage
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Look, Problem, Route
from canary_operator.errors import Conflict, Gone, InvalidCanary
from canary_operator.providers import json_patch
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.resources import Resource
from canary_operator.providers.traffic.annotation import ANNOTATION, annotation


class Kubernetes(Protocol):
    """What is needed of the API server."""

    async def get(self, resource: Resource, namespace: str | None, name: str) -> dict[str, Any] | None: ...

    async def create(self, resource: Resource, namespace: str | None, body: dict[str, Any]) -> dict[str, Any]: ...

    async def patch(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        operations: Sequence[Operation],
        *,
        seen: str | None,
    ) -> dict[str, Any]: ...


class Routes:
    """The objects of one kind."""

    def __init__(
        self,
        kubernetes: Kubernetes,
        objects: Objects,
        resource: Resource,
        operations: Callable[[Object, Object], list[Operation]],
    ) -> None:
        """`operations` make the second object out of the first."""
        self._kubernetes, self._objects, self._resource = kubernetes, objects, resource
        self._operations = operations

    async def live(self, namespace: str, name: str) -> Object | None:
        """The store's copy; where it has none the API server is asked, because a rollback waits for no list."""
        live = self._objects.get(self._resource, namespace, name)
        return live if live is not None else await self._read_again(namespace, name)

    async def write(self, live: Object, after: Object | Problem, tests: Sequence[Operation]) -> None:
        """In one patch, unless nothing changes; `Gone` where the object is no more."""
        if isinstance(after, Problem):
            raise InvalidCanary(after.reason, after.message)
        if not changed(live, after):
            return
        namespace, name = live["metadata"]["namespace"], live["metadata"]["name"]
        operations = [*tests, *self._operations(live, after)]
        version = live["metadata"]["resourceVersion"]
        try:
            answer = await self._kubernetes.patch(self._resource, namespace, name, operations, seen=version)
        except Conflict as conflict:
            if await self._read_again(namespace, name) is None:
                raise Gone(str(conflict)) from conflict
            raise Conflict(str(conflict)) from conflict
        self._objects.put(self._resource, answer)

    async def create(self, body: Object | Problem) -> None:
        """`Conflict` where there is one by now."""
        if isinstance(body, Problem):
            raise InvalidCanary(body.reason, body.message)
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        try:
            self._objects.put(self._resource, await self._kubernetes.create(self._resource, namespace, dict(body)))
        except Conflict:
            await self._read_again(namespace, name)
            raise

    async def _read_again(self, namespace: str, name: str) -> Object | None:
        """From the API server into the store."""
        before = self._objects.get(self._resource, namespace, name)
        found = await self._kubernetes.get(self._resource, namespace, name)
        if found is None:
            self._objects.drop(self._resource, namespace, name, before)
        else:
            self._objects.put(self._resource, found)
        return found


def changed(live: Object, after: Object) -> bool:
    """Writing costs a push to every proxy, so an equal object is not written."""
    return live != after


def guards(live: Object, action: SetWeight) -> list[Operation]:
    """Which object the patch may land on; the patch itself tests what it touches.

    A rollback may land on any version, so that other writers can't make it try again. It tests more only where it
    would take something along: our annotation holds the entries of other rollouts too, and another of them may have
    written its first one since; where there is none yet, several may be about to write it.
    """
    found = annotation(live)
    if action.purpose is not Purpose.ROLL_BACK or found is None:
        return [same_version(live)]
    return [json_patch.test(found, "metadata", "annotations", ANNOTATION)]


def same_version(live: Object) -> Operation:
    return json_patch.test(live["metadata"]["resourceVersion"], "metadata", "resourceVersion")


def refuse_to_overwrite(live: Look, action: SetWeight) -> None:
    """Raises `Conflict` where a route is no longer what was decided on."""
    for one in live.each if isinstance(live, Route) else ():
        if not action.may_replace(one.share, one.name):
            raise Conflict(f"the canary's share is {format_percentage(one.share)} by now; it is decided anew")
        if action.overlooks(one.lost):
            raise Conflict(f"{', '.join(one.lost)} was taken away or changed by now; it is decided anew")
