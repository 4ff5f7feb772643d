"""The `Traffic` port on one HTTPRoute: read from the store, compare, patch on a difference."""

from dataclasses import replace

from canary_operator.core.actions import MakeRoutes, SetWeight
from canary_operator.core.world import Missing, Problem, Route, Unknown
from canary_operator.errors import Gone
from canary_operator.ports import Target
from canary_operator.providers.objects import Objects
from canary_operator.providers.resources import HTTP_ROUTES
from canary_operator.providers.traffic.claims import contested
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.patch import operations
from canary_operator.providers.traffic.gateway_api.problems import NOT_SERVED
from canary_operator.providers.traffic.gateway_api.restore import restored
from canary_operator.providers.traffic.gateway_api.routes import Split
from canary_operator.providers.traffic.managed import managed_of
from canary_operator.providers.traffic.writing import Kubernetes, Routes, guards, refuse_to_overwrite, same_version


class GatewayAPITraffic:
    """Weights in the user's own HTTPRoute."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects) -> None:
        self._objects = objects
        self._routes = Routes(kubernetes, objects, HTTP_ROUTES, operations)

    async def look(self, target: Target) -> Route | Problem | Missing | Unknown:
        """The live share and our record of it, from the store."""
        if not self._objects.served(HTTP_ROUTES):
            return NOT_SERVED
        if not self._objects.synced(HTTP_ROUTES):
            return Unknown("the HTTPRoutes are not listed yet")
        name = http_route(target)
        live = self._objects.get(HTTP_ROUTES, target.namespace, name)
        if live is None:
            return Missing(_called(target))
        seen = current(live, split(target))
        if not isinstance(seen, Route):
            return seen
        rivals = self._objects.rivals(HTTP_ROUTES, target.namespace, name)
        return replace(seen, hindrance=contested(_called(target), rivals))

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        """Write weight and record in one patch; without an HTTPRoute only a weight above 0 is an error.

        Raises:
            InvalidCanary: the route can't take this weight; the message says what to do.
            Conflict: the weight would rise over a share that was not the one decided on.
        """
        live = await self._routes.live(target.namespace, http_route(target))
        if live is None:
            return _gone(target, action)
        refuse_to_overwrite(current(live, split(target)), action)
        try:
            await self._routes.write(live, desired(live, split(target), action), guards(live, action))
        except Gone:
            _gone(target, action)

    async def make(self, target: Target, action: MakeRoutes) -> None:
        """No HTTPRoute is ours to make: none can delegate to another."""

    async def restore(self, target: Target) -> None:
        """Give back what we touched, in one patch of the present object.

        Raises:
            InvalidCanary: the route still sends to the canary in a way that can't be undone without a person.
        """
        live = await self._routes.live(target.namespace, http_route(target))
        if live is None:
            return
        try:
            await self._routes.write(live, restored(live, split(target)), [same_version(live)])
        except Gone:
            return


def http_route(target: Target) -> str:
    return target.spec.traffic.http_routes[0].name


def split(target: Target) -> Split:
    """What the rollout asks for."""
    named = target.spec.traffic.http_routes[0].rules
    return Split(
        rollout=target.key,
        rule=named[0] if named else None,
        stable=target.spec.traffic.stable_service,
        canary=target.spec.canary_service,
        shares=tuple(stage.weight for stage in target.spec.stages),
        managed=managed_of(target),
    )


def _called(target: Target) -> str:
    return f"HTTPRoute {target.namespace}/{http_route(target)}"


def _gone(target: Target, action: SetWeight) -> None:
    """Nothing routes to the canary any more; only what brings it requests needs a route."""
    if action.weight > 0 or action.matches or action.copies:
        raise Gone(f"{_called(target)} does not exist any more")
