"""The `Traffic` port on HTTPRoutes. None is ours to make: none can delegate to another."""

from canary_operator.core.world import Look
from canary_operator.ports import Target
from canary_operator.providers.objects import Objects
from canary_operator.providers.resources import HTTP_ROUTES
from canary_operator.providers.traffic.apply import RouteTraffic
from canary_operator.providers.traffic.gateway_api.kind import HTTP_ROUTE
from canary_operator.providers.traffic.gateway_api.problems import NOT_SERVED
from canary_operator.providers.traffic.writing import Kubernetes


class GatewayAPITraffic(RouteTraffic):
    """Weights in the user's own HTTPRoutes."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects) -> None:
        super().__init__(kubernetes, objects, HTTP_ROUTE)

    async def look(self, target: Target) -> Look:
        """Not every cluster knows of HTTPRoutes."""
        return await super().look(target) if self._objects.served(HTTP_ROUTES) else NOT_SERVED
