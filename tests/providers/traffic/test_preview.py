from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api.rollout import Spec
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.core.world import Problem, Route
from canary_operator.ports import Target
from canary_operator.providers.traffic.istio.edit import current
from canary_operator.providers.traffic.istio.selectors import HttpRoute, Selector
from canary_operator.providers.traffic.istio.target import asked_of
from canary_operator.providers.traffic.preview import preview
from tests.providers.traffic.istio.shapes import a_destination, a_rule, a_virtual_service, a_weight, at
from tests.providers.traffic.istio.strategies import any_services, unhurried

EXAMPLE = yaml.safe_load((Path(__file__).parents[3] / "examples" / "percentage" / "rollout.yaml").read_text())["spec"]
ONLY = HttpRoute(None)
OWN = {"name": "reset", "promQL": "reset{s='$service'}", "outOf": "closed{s='$service'}", "max": "1%"}


def a_target(*weights: str, route: Selector = ONLY) -> Target:
    stages = [{"weight": weight, "duration": "1m"} for weight in weights]
    reference = {"name": "checkout"} | asked(route)
    traffic = {"istio": {"virtualServices": [reference]}, "stableService": "checkout"}
    analysis = {"metrics": [OWN]}
    spec = {**EXAMPLE, "traffic": traffic, "stages": stages, "analysis": analysis}
    return Target("shop", "checkout", "", Spec.model_validate(spec))


def asked(route: Selector) -> dict[str, Any]:
    """As the spec says it."""
    match route:
        case HttpRoute(name=name):
            return {"routes": [name]} if name else {}
        case TcpRoute():
            return {"tcpRoutes": [route]}
        case TlsRoute():
            return {"tlsRoutes": [route]}


def shares(target: Target, live: Any) -> list[Fraction | None]:
    steps = preview(target, live)
    assert not isinstance(steps, Problem), steps.message
    found = [current(step.route, asked_of(target, "checkout")) for step in steps]
    return [each.share if isinstance(each, Route) else None for each in found]


def test_each_stage_is_shown_and_then_the_way_home() -> None:
    """Weights as in the spec, and the route as it was."""
    live = a_virtual_service(a_rule(a_destination("checkout")))
    assert shares(a_target("5%", "33.3%", "100%"), live) == [0, Fraction(1, 20), Fraction(333, 1000), 1, 0]


def test_a_run_under_way_is_planned_from_its_owners_route() -> None:
    """What is ours in it now is no part of the plan."""
    live = a_virtual_service(a_rule(a_destination("checkout")))
    assert preview(a_target("5%"), at(live, a_weight(25))) == preview(a_target("5%"), live)


def test_a_route_that_would_be_refused_is_a_problem() -> None:
    """In the words of the condition."""
    found = preview(
        a_target("5%", route=HttpRoute("other")), a_virtual_service(a_rule(a_destination("checkout"), name="primary"))
    )
    assert isinstance(found, Problem)
    assert found.reason == "RouteNotFound"


@unhurried
@given(any_services, st.lists(st.integers(1, 1_000_000), min_size=1, max_size=4, unique=True))
def test_any_route_comes_home(made: Any, millionths: list[int]) -> None:
    """Whatever its owner wrote is what is left, and nothing on the way is an error that no one is told."""
    live, wanted = made
    target = a_target(*(f"{each / 10_000:g}%" for each in sorted(millionths)), route=wanted.routes[0])
    steps = preview(target, live)
    if isinstance(steps, Problem):
        assert steps.message
    else:
        assert steps[-1].route == steps[0].route == live
