"""The `Traffic` port on Istio VirtualServices: read from the store, compare, patch on a difference."""

from collections.abc import Sequence
from dataclasses import replace

from canary_operator.core.actions import MakeRoutes, SetWeight
from canary_operator.core.together import together
from canary_operator.core.world import Look, Missing, Problem, Route, Unknown
from canary_operator.errors import Gone, InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.resources import SERVICES, VIRTUAL_SERVICES
from canary_operator.providers.traffic.claims import contested
from canary_operator.providers.traffic.istio.delegate import delegate, foreign, portless, reference, undelegated
from canary_operator.providers.traffic.istio.edit import desired
from canary_operator.providers.traffic.istio.partly import Partly, said
from canary_operator.providers.traffic.istio.patch import operations
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.several import all_attempted
from canary_operator.providers.traffic.istio.step import after_order, called, gone, told
from canary_operator.providers.traffic.istio.subset_look import with_subsets
from canary_operator.providers.traffic.istio.target import asked_of, virtual_services
from canary_operator.providers.traffic.writing import Kubernetes, Routes, guards, same_version


class IstioTraffic:
    """Weights in VirtualServices: the user's own, and those that we make."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects) -> None:
        self._kubernetes, self._objects = kubernetes, objects
        self._routes = Routes(kubernetes, objects, VIRTUAL_SERVICES, operations)

    async def look(self, target: Target) -> Look:
        """The live share and our record of it, from the store."""
        if not self._objects.synced(VIRTUAL_SERVICES):
            return Unknown("the VirtualServices are not listed yet")
        seen = together([self._look(target, name) for name in virtual_services(target)])
        return with_subsets(seen, target, self._objects)

    def _look(self, target: Target, name: str) -> Look:
        live = self._objects.get(VIRTUAL_SERVICES, target.namespace, name)
        if live is None:
            return Missing(called(target, name), ours=reference(target, name).managed_route)
        seen, hindrance = foreign(target, live) or told(target, name, live), self._hindrance(target, name)
        if not isinstance(seen, Route) or hindrance is None:
            return seen
        return together([*(replace(part, hindrance=hindrance) for part in seen.each), *seen.faults])

    def _hindrance(self, target: Target, name: str) -> Problem | None:
        rivals = self._objects.rivals(VIRTUAL_SERVICES, target.namespace, name)
        roots = self._objects.roots(target.namespace, name)
        return undelegated(target, name, roots) or contested(called(target, name), rivals)

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        """Write weight and record in one patch for each VirtualService; where there is none only a rise is an error.

        Raises:
            InvalidCanary: a route can't take this weight; the message says what to do.
            Conflict: the weight would rise over a share that was not the one decided on.
        """
        names = virtual_services(target)
        if action.decided_on is not None and len(names) > 1:
            for name in names:
                after_order(target, name, await self._routes.live(target.namespace, name), action)
        await all_attempted([self._set(target, name, action) for name in names])

    async def _set(self, target: Target, name: str, action: SetWeight) -> None:
        """What takes traffic back makes a route of ours that is gone: nobody waits for the next pass."""
        live = await self._routes.live(target.namespace, name)
        if live is None and action.decided_on is None and delegate(target, name) is not None:
            return await self._make(target, name, action)
        try:
            after = after_order(target, name, live, action)
            if live is not None and after is not None:
                await self._write(live, after, guards(live, action))
        except Gone:
            gone(target, name, action)

    async def make(self, target: Target, action: MakeRoutes) -> None:
        """In one creation each, weights and record included.

        Raises:
            InvalidCanary: the stable Service can't be sent to.
            Conflict: somebody else made one meanwhile.
        """
        names = [name for name in virtual_services(target) if reference(target, name).managed_route]
        await all_attempted([self._make(target, name, action.order) for name in names])

    async def _make(self, target: Target, name: str, order: SetWeight | None) -> None:
        bare = delegate(target, name)
        if bare is None or await self._routes.live(target.namespace, name) is not None:
            return
        service = await self._kubernetes.get(SERVICES, target.namespace, target.spec.traffic.stable_service)
        if problem := portless(target, name, service):
            raise InvalidCanary(problem.reason, problem.message)
        wanted = bare if order is None else desired(bare, asked_of(target, name), order)
        await self._routes.create(said(wanted.problems) if isinstance(wanted, Partly) else wanted)

    async def restore(self, target: Target) -> None:
        """Give back what we touched, in one patch of each present object.

        Raises:
            InvalidCanary: a route still sends to the canary in a way that can't be undone without a person.
        """
        await all_attempted([self._restore(target, name) for name in virtual_services(target)])

    async def _restore(self, target: Target, name: str) -> None:
        live = await self._routes.live(target.namespace, name)
        if live is None or foreign(target, live):
            return
        try:
            await self._write(live, restored(live, asked_of(target, name)), [same_version(live)])
        except Gone:
            return

    async def _write(self, live: Object, after: Object | Partly | Problem, tests: Sequence[Operation]) -> None:
        """What can be done is done, before anything is said of the rest."""
        if isinstance(after, Partly):
            await self._routes.write(live, after.object, tests)
            after = said(after.problems)
        await self._routes.write(live, after, tests)
