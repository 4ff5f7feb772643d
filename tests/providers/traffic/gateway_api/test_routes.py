"""Which rule is meant, and what of it can't be split."""

import pytest

from canary_operator.api import reasons
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.edit import current
from canary_operator.providers.traffic.gateway_api.routes import Asked
from tests.providers.traffic.gateway_api.shapes import a_backend, a_route, a_rule, a_split

STABLE = a_backend("checkout", 1)
REDIRECT = {"name": "old", "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "a.example.com"}}]}
CASES: dict[str, tuple[Object, Asked, str, list[str]]] = {
    "no rule": (a_route(), a_split(), reasons.ROUTE_NOT_FOUND, ["has no rule (there are: none)"]),
    "no rule of this name": (
        a_route(a_rule(STABLE, name="primary"), a_rule(STABLE)),
        a_split("secondary"),
        reasons.ROUTE_NOT_FOUND,
        ["has no rule named secondary (there are: primary, rules[1] (without a name))", "correct httpRoutes[0].rules"],
    ),
    "several and no name": (
        a_route(a_rule(STABLE, name="admin"), a_rule(STABLE)),
        a_split(),
        reasons.ROUTE_AMBIGUOUS,
        ["several rules (admin, rules[1] (without a name))", "name exactly one in httpRoutes[0].rules"],
    ),
    "a redirect": (
        a_route(REDIRECT, a_rule(STABLE, name="primary")),
        a_split("old"),
        reasons.ROUTE_UNSUPPORTED,
        ["rule old of HTTPRoute shop/checkout redirects", "name another one"],
    ),
    "no stable": (
        a_route(a_rule(a_backend("cart"), a_backend("checkout", namespace="payments"))),
        a_split(),
        reasons.DESTINATION_NOT_FOUND,
        ["no backend checkout in its own namespace (there are: cart, payments/checkout)", "correct stableService"],
    ),
    "stable of another kind": (
        a_route(a_rule(a_backend("checkout", kind="Bucket", group="storage.example.com"))),
        a_split(),
        reasons.DESTINATION_NOT_FOUND,
        ["there are: Bucket checkout"],
    ),
    "stable twice": (
        a_route(a_rule(STABLE, a_backend("checkout", 1, port=81))),
        a_split(),
        reasons.DESTINATION_DUPLICATED,
        ["names checkout more than once"],
    ),
    "the canary twice": (
        a_route(a_rule(STABLE, a_backend("checkout-canary", 0), a_backend("checkout-canary", 0, port=81))),
        a_split(),
        reasons.DESTINATION_DUPLICATED,
        ["names checkout-canary more than once"],
    ),
    "no weight at all": (
        a_route(a_rule(a_backend("checkout", 0))),
        a_split(),
        reasons.ROUTE_UNSUPPORTED,
        ["gives stable and canary no weight at all"],
    ),
    "no room for a canary": (
        a_route(a_rule(STABLE, *(a_backend(f"part-{number}", 1) for number in range(15)))),
        a_split(),
        reasons.ROUTE_UNSUPPORTED,
        ["has 16 backends", "take one away"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_split_is_told_with_the_cure(case: str) -> None:
    """Reason, place, what stands there, and what to do."""
    live, split, reason, says = CASES[case]
    found = current(live, split)
    assert isinstance(found, Problem)
    assert found.reason == reason
    assert [part for part in says if part not in found.message] == [], found.message


def test_sixteen_backends_with_the_canary_among_them_are_fine() -> None:
    """Nothing has to be added."""
    others = [a_backend(f"part-{number}", 1) for number in range(14)]
    assert isinstance(current(a_route(a_rule(STABLE, a_backend("checkout-canary", 0), *others)), a_split()), Route)


def test_a_namespace_that_is_written_out_is_the_same() -> None:
    """The route's own namespace may be named."""
    assert isinstance(current(a_route(a_rule(a_backend("checkout", 1, namespace="shop"))), a_split()), Route)
