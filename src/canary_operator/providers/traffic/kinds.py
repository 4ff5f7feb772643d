"""The kinds of routes that can be split, and which one a rollout means."""

from canary_operator.ports import Target
from canary_operator.providers.traffic.gateway_api.kind import HTTP_ROUTE
from canary_operator.providers.traffic.istio.kind import VIRTUAL_SERVICE
from canary_operator.providers.traffic.kind import RouteKind

KINDS = (VIRTUAL_SERVICE, HTTP_ROUTE)


def kind_for(target: Target) -> RouteKind:
    return HTTP_ROUTE if target.spec.traffic.gateway_api is not None else VIRTUAL_SERVICE
