"""The `Traffic` port on one Istio VirtualService: read from the store, compare, patch on a difference."""

from collections.abc import Sequence
from typing import Any, Protocol

from canary_operator.api.quantities import format_percentage
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Missing, Problem, Route, Unknown
from canary_operator.errors import Conflict, Gone, InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers import json_patch
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.resources import VIRTUAL_SERVICES, Resource
from canary_operator.providers.traffic.istio.destinations import service_host
from canary_operator.providers.traffic.istio.edit import changed, current, desired
from canary_operator.providers.traffic.istio.patch import operations
from canary_operator.providers.traffic.istio.problems import ANNOTATION
from canary_operator.providers.traffic.istio.record import annotation, shared
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.routes import Split


class Kubernetes(Protocol):
    """What is needed of the API server."""

    async def get(self, resource: Resource, namespace: str | None, name: str) -> dict[str, Any] | None: ...

    async def patch(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        operations: Sequence[Operation],
        *,
        seen: str | None,
    ) -> dict[str, Any]: ...


class IstioTraffic:
    """Weights in the user's own VirtualService."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects) -> None:
        self._kubernetes = kubernetes
        self._objects = objects

    async def look(self, target: Target) -> Route | Problem | Missing | Unknown:
        """The live share and our record of it, from the store."""
        if not self._objects.synced(VIRTUAL_SERVICES):
            return Unknown("the VirtualServices are not listed yet")
        name = virtual_service(target)
        live = self._objects.get(VIRTUAL_SERVICES, target.namespace, name)
        return Missing(f"VirtualService {target.namespace}/{name}") if live is None else current(live, split(target))

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        """Write weight and record in one patch; without a VirtualService only a weight above 0 is an error.

        Raises:
            InvalidCanary: the route can't take this weight; the message says what to do.
            Conflict: the weight would rise over a share that was not the one decided on.
        """
        live = await self._live(target)
        if live is None:
            return _gone(target, action)
        _refuse_to_overwrite(current(live, split(target)), action)
        try:
            await self._write(target, live, desired(live, split(target), action), guards(live, target, action))
        except Gone:
            _gone(target, action)

    async def restore(self, target: Target) -> None:
        """Give back what we touched, in one patch of the present object.

        Raises:
            InvalidCanary: the route still sends to the canary in a way that can't be undone without a person.
        """
        live = await self._live(target)
        if live is None:
            return
        try:
            await self._write(target, live, restored(live, split(target)), [same_version(live)])
        except Gone:
            return

    async def _live(self, target: Target) -> Object | None:
        """The store's copy; where it has none the API server is asked, because a rollback waits for no list."""
        name = virtual_service(target)
        live = self._objects.get(VIRTUAL_SERVICES, target.namespace, name)
        return live if live is not None else await self._read_again(target)

    async def _write(self, target: Target, live: Object, after: Object | Problem, tests: Sequence[Operation]) -> None:
        if isinstance(after, Problem):
            raise InvalidCanary(after.reason, after.message)
        if not changed(live, after):
            return
        try:
            answer = await self._kubernetes.patch(
                VIRTUAL_SERVICES,
                target.namespace,
                virtual_service(target),
                [*tests, *operations(live, after)],
                seen=live["metadata"]["resourceVersion"],
            )
        except Conflict as conflict:
            if await self._read_again(target) is None:
                raise Gone(str(conflict)) from conflict
            raise Conflict(str(conflict)) from conflict
        self._objects.put(VIRTUAL_SERVICES, answer)

    async def _read_again(self, target: Target) -> Object | None:
        """From the API server into the store."""
        name = virtual_service(target)
        found = await self._kubernetes.get(VIRTUAL_SERVICES, target.namespace, name)
        if found is None:
            self._objects.drop(VIRTUAL_SERVICES, target.namespace, name)
        else:
            self._objects.put(VIRTUAL_SERVICES, found)
        return found


def virtual_service(target: Target) -> str:
    return target.spec.traffic.istio.virtual_services[0].name


def split(target: Target) -> Split:
    """What the rollout asks for."""
    routes = target.spec.traffic.istio.virtual_services[0].routes
    return Split(
        rollout=target.key,
        route=routes[0] if routes else None,
        stable=service_host(target.spec.traffic.stable_service, target.namespace),
        canary=service_host(target.spec.canary_service, target.namespace),
    )


def guards(live: Object, target: Target, action: SetWeight) -> list[Operation]:
    """Which object the patch may land on; the patch itself tests what it touches.

    A rollback may land on any version, so that other writers can't make it try again. It tests more only where it
    would take something along: annotations that appeared meanwhile, another rollout's entry in ours.
    """
    if action.purpose is not Purpose.ROLL_BACK or not live["metadata"].get("annotations"):
        return [same_version(live)]
    if shared(live, target.key):
        return [json_patch.test(annotation(live), "metadata", "annotations", ANNOTATION)]
    return []


def same_version(live: Object) -> Operation:
    return json_patch.test(live["metadata"]["resourceVersion"], "metadata", "resourceVersion")


def _refuse_to_overwrite(live: Route | Problem, action: SetWeight) -> None:
    if isinstance(live, Route) and not action.may_replace(live.share):
        raise Conflict(f"the canary's share is {format_percentage(live.share)} by now; it is decided anew")


def _gone(target: Target, action: SetWeight) -> None:
    """Nothing routes to the canary any more; only a weight above 0 needs a route."""
    if action.weight > 0:
        raise Gone(f"VirtualService {target.namespace}/{virtual_service(target)} does not exist any more")
