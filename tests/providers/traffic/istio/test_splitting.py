from fractions import Fraction

from canary_operator.providers.traffic.istio.destinations import INT32, Address
from canary_operator.providers.traffic.istio.routes import Rule
from canary_operator.providers.traffic.istio.rules import Spot
from canary_operator.providers.traffic.istio.splitting import route_at
from tests.providers.traffic.istio.shapes import a_destination


def test_weights_beyond_int32_are_refused() -> None:
    """A share that has no exact integers in Istio's type is not rounded."""
    destinations = [a_destination("checkout", INT32 - 10), a_destination("legacy", 9)]
    rule = Rule(Spot("http", 0), destinations, 0, None)
    assert route_at(rule, Fraction(1, 1_000_000), Address("checkout-canary"), "shop") is None
