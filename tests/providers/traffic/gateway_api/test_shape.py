"""What offline commands say of a misshapen HTTPRoute."""

from typing import Any

import pytest

from canary_operator.providers.traffic.gateway_api.shape import misshapen
from tests.providers.traffic.gateway_api.shapes import a_backend, a_filter, a_route, a_rule
from tests.providers.traffic.gateway_api.strategies import of_responses


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ([a_rule(a_backend("checkout", 1_000_001))], "spec.rules[0].backendRefs[0].weight 1000001"),
        ([a_rule(a_backend("checkout", -1))], "spec.rules[0].backendRefs[0].weight -1"),
        ([a_rule({"name": "checkout", "weight": "5%"})], "spec.rules[0].backendRefs[0].weight '5%'"),
        ([a_rule(*[a_backend("checkout")] * 17)], "spec.rules[0].backendRefs: list should have at most 16 items"),
        ([{"backendRefs": [{"port": 80}]}], "spec.rules[0].backendRefs[0].name"),
        ({"backendRefs": []}, "spec.rules: input should be a valid list"),
        ([a_rule(filters=[a_filter("audit", percent="5%")])], "spec.rules[0].filters[0].requestMirror.percent '5%'"),
        ([a_rule(filters=[a_filter("audit", fraction={})])], "filters[0].requestMirror.fraction.numerator"),
        (
            [a_rule(a_backend("checkout", filters=[of_responses(add={"a": "b"})]))],
            "filters[0].responseHeaderModifier.add",
        ),
    ],
)
def test_the_place_and_the_value_are_named(rules: Any, says: str) -> None:
    """The API server would refuse it."""
    body = a_route()
    body["spec"]["rules"] = rules
    assert says in (misshapen(body) or "")


def test_what_nobody_reads_may_be_anything() -> None:
    """It is the user's."""
    assert misshapen(a_route(a_rule(a_backend("checkout", policy=[1]), timeouts=7))) is None
