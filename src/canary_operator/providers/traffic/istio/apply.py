"""The `Traffic` port on Istio VirtualServices: those of the user, and those that we make."""

from canary_operator.core.actions import MakeRoutes, SetWeight
from canary_operator.core.world import Look, Problem
from canary_operator.errors import InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers.objects import Objects
from canary_operator.providers.resources import SERVICES
from canary_operator.providers.traffic.apply import RouteTraffic
from canary_operator.providers.traffic.istio.delegate import delegate, portless, undelegated
from canary_operator.providers.traffic.istio.edit import desired
from canary_operator.providers.traffic.istio.kind import VIRTUAL_SERVICE
from canary_operator.providers.traffic.istio.subset_look import with_subsets
from canary_operator.providers.traffic.istio.target import asked_of, virtual_services
from canary_operator.providers.traffic.partly import whole
from canary_operator.providers.traffic.several import all_attempted
from canary_operator.providers.traffic.writing import Kubernetes


class IstioTraffic(RouteTraffic):
    """Weights in VirtualServices."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects) -> None:
        super().__init__(kubernetes, objects, VIRTUAL_SERVICE)
        self._kubernetes = kubernetes

    async def look(self, target: Target) -> Look:
        """With what there is to say of subsets."""
        return with_subsets(await super().look(target), target, self._objects)

    def _hindrance(self, target: Target, name: str) -> Problem | None:
        roots = self._objects.roots(target.namespace, name)
        return undelegated(target, name, roots) or super()._hindrance(target, name)

    async def _set(self, target: Target, name: str, action: SetWeight) -> None:
        """What takes traffic back makes a route of ours that is gone: nobody waits for the next pass."""
        falls = action.decided_on is None and delegate(target, name) is not None
        if falls and await self._routes.live(target.namespace, name) is None:
            await self._make(target, name, action)
        else:
            await super()._set(target, name, action)

    async def make(self, target: Target, action: MakeRoutes) -> None:
        """In one creation each, weights and record included.

        Raises:
            InvalidCanary: the stable Service can't be sent to.
            Conflict: somebody else made one meanwhile.
        """
        await all_attempted([self._make(target, name, action.order) for name in virtual_services(target)])

    async def _make(self, target: Target, name: str, order: SetWeight | None) -> None:
        bare = delegate(target, name)
        if bare is None or await self._routes.live(target.namespace, name) is not None:
            return
        service = await self._kubernetes.get(SERVICES, target.namespace, target.spec.traffic.stable_service)
        if problem := portless(target, name, service):
            raise InvalidCanary(problem.reason, problem.message)
        wanted = bare if order is None else desired(bare, asked_of(target, name), order)
        await self._routes.create(whole(wanted))
