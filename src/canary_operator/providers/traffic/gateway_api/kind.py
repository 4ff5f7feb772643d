from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import HTTP_ROUTES
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.patch import operations
from canary_operator.providers.traffic.gateway_api.restore import restored
from canary_operator.providers.traffic.gateway_api.routes import Asked
from canary_operator.providers.traffic.gateway_api.rules import filled_in
from canary_operator.providers.traffic.gateway_api.shape import misshapen
from canary_operator.providers.traffic.gateway_api.target import asked_of, http_routes
from canary_operator.providers.traffic.kind import RouteKind


def _asked(live: Object, target: Target) -> Asked:
    return asked_of(target, live["metadata"]["name"])


HTTP_ROUTE = RouteKind(
    HTTP_ROUTES,
    http_routes,
    made=lambda _, __: None,
    foreign=lambda _, __: None,
    misshapen=misshapen,
    filled_in=filled_in,
    current=lambda live, target: current(live, _asked(live, target)),
    desired=lambda live, target, action: desired(live, _asked(live, target), action),
    restored=lambda live, target: restored(live, _asked(live, target)),
    operations=operations,
)
