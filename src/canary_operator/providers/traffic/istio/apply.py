"""The `Traffic` port on Istio VirtualServices: read from the store, compare, patch on a difference."""

from collections.abc import Sequence

from canary_operator.core.actions import SetWeight
from canary_operator.core.together import together
from canary_operator.core.world import Look, Missing, Problem, Unknown
from canary_operator.errors import Gone
from canary_operator.ports import Target
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.resources import VIRTUAL_SERVICES
from canary_operator.providers.traffic.istio.partly import Partly, said
from canary_operator.providers.traffic.istio.patch import operations
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.several import all_attempted
from canary_operator.providers.traffic.istio.step import after_order, called, gone, told
from canary_operator.providers.traffic.istio.subset_look import with_subsets
from canary_operator.providers.traffic.istio.target import asked_of, virtual_services
from canary_operator.providers.traffic.writing import Kubernetes, Routes, guards, same_version


class IstioTraffic:
    """Weights in the user's own VirtualServices."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects) -> None:
        self._objects = objects
        self._routes = Routes(kubernetes, objects, VIRTUAL_SERVICES, operations)

    async def look(self, target: Target) -> Look:
        """The live share and our record of it, from the store."""
        if not self._objects.synced(VIRTUAL_SERVICES):
            return Unknown("the VirtualServices are not listed yet")
        seen = together([self._look(target, name) for name in virtual_services(target)])
        return with_subsets(seen, target, self._objects)

    def _look(self, target: Target, name: str) -> Look:
        live = self._objects.get(VIRTUAL_SERVICES, target.namespace, name)
        return Missing(called(target, name)) if live is None else told(target, name, live)

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
        live = await self._routes.live(target.namespace, name)
        try:
            after = after_order(target, name, live, action)
            if live is not None and after is not None:
                await self._write(live, after, guards(live, target.key, action))
        except Gone:
            gone(target, name, action)

    async def restore(self, target: Target) -> None:
        """Give back what we touched, in one patch of each present object.

        Raises:
            InvalidCanary: a route still sends to the canary in a way that can't be undone without a person.
        """
        await all_attempted([self._restore(target, name) for name in virtual_services(target)])

    async def _restore(self, target: Target, name: str) -> None:
        live = await self._routes.live(target.namespace, name)
        if live is None:
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
