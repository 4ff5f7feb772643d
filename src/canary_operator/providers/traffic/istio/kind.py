from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import VIRTUAL_SERVICES
from canary_operator.providers.traffic.istio.delegate import delegate, foreign
from canary_operator.providers.traffic.istio.edit import current, desired
from canary_operator.providers.traffic.istio.patch import operations
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.istio.shape import misshapen
from canary_operator.providers.traffic.istio.target import asked_of, virtual_services
from canary_operator.providers.traffic.kind import RouteKind


def _asked(live: Object, target: Target) -> Asked:
    return asked_of(target, live["metadata"]["name"])


VIRTUAL_SERVICE = RouteKind(
    VIRTUAL_SERVICES,
    virtual_services,
    delegate,
    foreign,
    misshapen,
    filled_in=lambda live: live,
    current=lambda live, target: current(live, _asked(live, target)),
    desired=lambda live, target, action: desired(live, _asked(live, target), action),
    restored=lambda live, target: restored(live, _asked(live, target)),
    operations=operations,
)
