"""Which kind of route a rollout means, and what is done with it."""

from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api.rollout import Spec
from canary_operator.core.world import Problem, Route
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import HTTP_ROUTES, VIRTUAL_SERVICES
from canary_operator.providers.traffic.chosen import ChosenTraffic
from canary_operator.providers.traffic.gateway_api.apply import GatewayAPITraffic
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from canary_operator.providers.traffic.kinds import kind_for
from canary_operator.providers.traffic.preview import preview
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.gateway_api.shapes import a_backend, a_route, weights_of
from tests.providers.traffic.gateway_api.shapes import a_rule as an_http_rule
from tests.providers.traffic.istio.shapes import a_destination, a_rule, a_virtual_service, a_weight

BY_KIND = {
    "VirtualService": {"istio": {"virtualServices": [{"name": "checkout"}]}},
    "HTTPRoute": {"gatewayAPI": {"httpRoutes": [{"name": "checkout"}]}},
}
each_kind = pytest.mark.parametrize("kind", BY_KIND)


def a_target(kind: str, *weights: str) -> Target:
    spec: dict[str, Any] = {
        "revision": "v2",
        "traffic": {**BY_KIND[kind], "stableService": "checkout"},
        "stages": [{"weight": weight, "duration": "1m"} for weight in weights or ("5%",)],
        "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
    }
    return Target("shop", "checkout", "uid", Spec.model_validate(spec))


@each_kind
def test_the_spec_says_which_kind_it_means(kind: str) -> None:
    """One of the two is always given."""
    found = kind_for(a_target(kind))
    assert (found.resource.kind, found.names(a_target(kind))) == (kind, ("checkout",))


@each_kind
async def test_a_rollout_touches_its_own_kind_of_route_only(kind: str) -> None:
    """A route of the other kind with the same name stays as it is, from the look to the restore."""
    kubernetes, objects = InMemoryKubernetes(), MemoryObjects()
    bodies: dict[Any, Object] = {
        VIRTUAL_SERVICES: a_virtual_service(a_rule(a_destination("checkout"))),
        HTTP_ROUTES: a_route(an_http_rule(a_backend("checkout", 1))),
    }
    for resource, body in bodies.items():
        objects.put(resource, kubernetes.seed(resource, body))
    traffic = ChosenTraffic(
        {
            VIRTUAL_SERVICES: IstioTraffic(kubernetes, objects),
            HTTP_ROUTES: GatewayAPITraffic(kubernetes, objects),
        }
    )
    await traffic.set_weight(a_target(kind), a_weight(25))
    found = await traffic.look(a_target(kind))
    assert isinstance(found, Route)
    assert found.share == Fraction(1, 4)
    await traffic.restore(a_target(kind))
    assert {call.plural for call in kubernetes.writes} == {kind_for(a_target(kind)).resource.plural}
    assert {key[0]: body["spec"] for key, body in kubernetes.objects.items()} == {
        resource.plural: body["spec"] for resource, body in bodies.items()
    }


def test_a_plan_of_an_httproute_goes_the_whole_way() -> None:
    """Each stage, and then the route as its owner wrote it, with the weight that the API server fills in."""
    steps = preview(
        a_target("HTTPRoute", "5%", "50%"), a_route(an_http_rule(a_backend("checkout"), a_backend("legacy")))
    )
    assert not isinstance(steps, Problem), steps.message
    assert [weights_of(step.route) for step in steps] == [
        {"checkout": 1, "legacy": 1},
        {"checkout": 19, "legacy": 20, "checkout-canary": 1},
        {"checkout": 1, "legacy": 2, "checkout-canary": 1},
        {"checkout": 1, "legacy": 1},
    ]


def test_a_plan_tells_what_would_be_refused() -> None:
    """In the words of the condition."""
    found = preview(a_target("HTTPRoute"), a_route(an_http_rule(a_backend("cart"))))
    assert isinstance(found, Problem)
    assert found.reason == "DestinationNotFound"
