"""What is particular to HTTPRoutes in how weights are written; for any route see `test_any_run.py`."""

import copy
from fractions import Fraction
from typing import Any

from hypothesis import given

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT, weight
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.routes import Asked
from tests.providers.traffic.gateway_api.any_route import ANY_HTTP_ROUTE as ANY
from tests.providers.traffic.gateway_api.shapes import (
    a_backend,
    a_route,
    a_rule,
    a_split,
    at,
    backends_in,
    given_back,
    weights_of,
)
from tests.providers.traffic.istio.shapes import a_weight
from tests.providers.traffic.istio.strategies import unhurried

Case = tuple[Any, Asked]


@unhurried
@given(asked=ANY.cases, steps=ANY.runs)
def test_every_weight_is_one_that_the_api_takes(asked: Case, steps: list[SetWeight]) -> None:
    """And all of ours would still be one on a single Service, which is what a rollback writes."""
    before, split = asked
    refs = ANY.rule(ANY.after(before, split, steps), split)["backendRefs"]
    assert all(0 <= weight(each) <= MOST_WEIGHT for each in refs)
    assert sum(weight(each) for each in refs if ANY.is_stable(each, split) or ANY.is_canary(each, split)) > 0


def test_a_backend_added_in_mid_run_keeps_its_share() -> None:
    """Its owner weighed it against our weights, so restore puts it into theirs."""
    live: Any = copy.deepcopy(at(a_route(a_rule(a_backend("checkout", 8))), a_weight(25)))
    backends_in(live).append(a_backend("legacy", 100))
    assert weights_of(given_back(live)) == {"checkout": 8, "legacy": 8}


def test_a_newcomer_that_does_not_fit_the_users_scale_keeps_its_share() -> None:
    """A third beside 100 of ours is no whole number beside 1."""
    live: Any = copy.deepcopy(at(a_route(a_rule(a_backend("checkout", 1))), a_weight(25)))
    backends_in(live).append(a_backend("legacy", 50))
    assert weights_of(given_back(live)) == {"checkout": 100, "legacy": 50}


def test_a_missing_weight_is_one() -> None:
    """So a canary that its owner wrote without a weight has half of the traffic, and is no canary to begin with."""
    route = current(a_route(a_rule(a_backend("checkout"), a_backend("checkout-canary"))), a_split())
    assert isinstance(route, Route)
    assert route.share == Fraction(1, 2)


def test_a_third_backend_without_a_weight_keeps_its_half() -> None:
    """1 beside 1 of stable."""
    live = a_route(a_rule(a_backend("checkout"), a_backend("legacy")))
    assert weights_of(at(live, a_weight(25))) == {"checkout": 3, "legacy": 4, "checkout-canary": 1}


def test_the_canary_copies_port_and_filters_of_stable() -> None:
    """A backend that we add differs from the stable one in name and weight only."""
    filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x"]}}]
    after = at(a_route(a_rule(a_backend("checkout", 1, port=8080, filters=filters))), a_weight(5))
    assert backends_in(after)[1] == {"name": "checkout-canary", "port": 8080, "filters": filters, "weight": 5}


def test_the_finest_share_fits_alone() -> None:
    """A millionth of the traffic is exactly what the API's largest weight can say."""
    live = a_route(a_rule(a_backend("checkout", 1)))
    assert weights_of(at(live, a_weight("0.0001"))) == {"checkout": 999_999, "checkout-canary": 1}


def test_weights_beyond_the_api_are_refused_before_the_run() -> None:
    """Rounding would change somebody else's share, so the problem asks for smaller numbers."""
    live = a_route(a_rule(a_backend("checkout", 999_999), a_backend("legacy", 1)))
    found = desired(live, a_split(), a_weight(5))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    planned = Asked("shop/checkout", (None,), "checkout", "checkout-canary", (Fraction(1, 2), Fraction(1, 20)))
    assert current(live, planned) in {found, desired(live, a_split(), a_weight(50))}
    assert isinstance(current(live, a_split()), Route)


def test_a_reversed_run_goes_back_to_the_canary() -> None:
    """What stable weighs is the canary's; nobody else is touched."""
    live = at(a_route(a_rule(a_backend("checkout", 3), a_backend("legacy", 1))), a_weight(50))
    back = at(live, a_weight(100, Purpose.ROLL_BACK))
    assert weights_of(back) == {"checkout": 0, "legacy": 2, "checkout-canary": 6}
    assert weights_of(given_back(back)) == {"checkout": 3, "legacy": 1}


def test_a_canary_that_was_removed_in_mid_run_is_ours_from_then_on() -> None:
    """Restore takes away what the next raise adds."""
    live: Any = copy.deepcopy(
        at(a_route(a_rule(a_backend("checkout", 1), a_backend("checkout-canary", 0))), a_weight(5))
    )
    backends_in(live).pop()
    assert weights_of(given_back(at(live, a_weight(25)))) == {"checkout": 1}


def test_who_changed_the_rules_last_is_told() -> None:
    """With the kind of route, for the cure that GitOps tools are told."""
    live = a_route(a_rule(a_backend("checkout", 1)))
    owner = {"manager": "argocd-controller", "time": "2026-01-01T09:00:00Z", "fieldsV1": {"f:spec": {"f:rules": {}}}}
    live["metadata"]["managedFields"] = [owner]
    route = current(live, a_split())
    assert isinstance(route, Route)
    assert (route.editor, route.carrier.kind) == ("argocd-controller", "HTTPRoute")
