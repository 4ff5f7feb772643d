"""The `Traffic` port on the objects of one kind: read from the store, compare, patch on a difference."""

from collections.abc import Sequence
from dataclasses import replace

from canary_operator.core.actions import MakeRoutes, SetWeight
from canary_operator.core.together import together
from canary_operator.core.world import Look, Missing, Problem, Route, Unknown
from canary_operator.errors import Gone
from canary_operator.ports import Target
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.traffic.claims import contested
from canary_operator.providers.traffic.kind import RouteKind
from canary_operator.providers.traffic.partly import Partly, said
from canary_operator.providers.traffic.several import all_attempted
from canary_operator.providers.traffic.step import after_order, gone, told
from canary_operator.providers.traffic.writing import Kubernetes, Routes, guards, same_version


class RouteTraffic:
    """Weights in the objects that a rollout names, all alike."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects, kind: RouteKind) -> None:
        self._objects, self._kind = objects, kind
        self._routes = Routes(kubernetes, objects, kind.resource, kind.operations)

    async def look(self, target: Target) -> Look:
        """The live share and our record of it, from the store."""
        if not self._objects.synced(self._kind.resource):
            return Unknown(f"the {self._kind.resource.kind}s are not listed yet")
        return together([self._look(target, name) for name in self._kind.names(target)])

    def _look(self, target: Target, name: str) -> Look:
        live = self._objects.get(self._kind.resource, target.namespace, name)
        if live is None:
            ours = self._kind.made(target, name) is not None
            return Missing(self._kind.called(target, name), ours=ours)
        seen = self._kind.foreign(target, live) or told(self._kind, target, live)
        hindrance = self._hindrance(target, name)
        if not isinstance(seen, Route) or hindrance is None:
            return seen
        return together([*(replace(part, hindrance=hindrance) for part in seen.each), *seen.faults])

    def _hindrance(self, target: Target, name: str) -> Problem | None:
        """Why splitting this object would not split the users."""
        rivals = self._objects.rivals(self._kind.resource, target.namespace, name)
        return contested(self._kind.called(target, name), rivals)

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        """Write weight and record in one patch for each object; where there is none only a rise is an error.

        Raises:
            InvalidCanary: a route can't take this weight; the message says what to do.
            Conflict: the weight would rise over a share that was not the one decided on.
        """
        names = self._kind.names(target)
        if action.decided_on is not None and len(names) > 1:
            for name in names:
                after_order(self._kind, target, name, await self._routes.live(target.namespace, name), action)
        await all_attempted([self._set(target, name, action) for name in names])

    async def _set(self, target: Target, name: str, action: SetWeight) -> None:
        live = await self._routes.live(target.namespace, name)
        try:
            after = after_order(self._kind, target, name, live, action)
            if live is not None and after is not None:
                await self._write(live, after, guards(live, action))
        except Gone:
            gone(self._kind, target, name, action)

    async def make(self, target: Target, action: MakeRoutes) -> None:
        """Nothing is ours to make, unless the kind says so."""

    async def restore(self, target: Target) -> None:
        """Give back what we touched, in one patch of each present object.

        Raises:
            InvalidCanary: a route still sends to the canary in a way that can't be undone without a person.
        """
        await all_attempted([self._restore(target, name) for name in self._kind.names(target)])

    async def _restore(self, target: Target, name: str) -> None:
        live = await self._routes.live(target.namespace, name)
        if live is None or self._kind.foreign(target, live):
            return
        try:
            await self._write(live, self._kind.restored(live, target), [same_version(live)])
        except Gone:
            return

    async def _write(self, live: Object, after: Object | Partly | Problem, tests: Sequence[Operation]) -> None:
        """What can be done is done, before anything is said of the rest."""
        if isinstance(after, Partly):
            await self._routes.write(live, after.object, tests)
            after = said(after.problems)
        await self._routes.write(live, after, tests)
