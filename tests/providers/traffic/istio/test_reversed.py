"""A run whose new revision is behind the stable Service: its weight rises as the canary's falls."""

from dataclasses import replace
from fractions import Fraction

import pytest

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Route
from canary_operator.providers.traffic.istio.edit import current
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_split,
    a_virtual_service,
    a_weight,
    at,
    given_back,
    rolled_back,
    weights_of,
)

BACK = a_weight(100, Purpose.ROLL_BACK)
PLAIN = a_virtual_service(a_rule(a_destination("checkout"), name="primary"))
CROWD = a_virtual_service(a_rule(a_destination("checkout", 90), a_destination("legacy", 10)))


def test_its_rollback_moves_stables_weight_to_the_canary_and_touches_nothing_else() -> None:
    """As in any rollback others keep their numbers, so that fewer writers can be in the way."""
    live = at(at(CROWD, a_weight(100)), a_weight(75))
    assert weights_of(live) == {"checkout": 9, "legacy": 4, "checkout-canary": 27}
    assert weights_of(at(live, BACK)) == {"checkout": 0, "legacy": 4, "checkout-canary": 36}


def test_its_rollback_stands_in_the_record() -> None:
    """So that a crash right after it is understood."""
    route = current(at(at(PLAIN, a_weight(75)), BACK), a_split())
    assert isinstance(route, Route)
    assert route.record is not None
    assert route.share == route.record.weight == 1
    assert route.record.purpose is Purpose.ROLL_BACK


def test_its_rollback_makes_a_destination_that_somebody_removed() -> None:
    """The canary had traffic, and it is where the traffic belongs."""
    assert weights_of(at(PLAIN, BACK)) == {"checkout": 0, "checkout-canary": 100}


@pytest.mark.parametrize("last", [BACK, rolled_back(), a_weight(0, Purpose.RELEASE)])
def test_afterwards_the_route_is_as_its_owner_wrote_it(last: SetWeight) -> None:
    """Whichever way the run went."""
    for plain in (PLAIN, CROWD):
        assert given_back(at(at(at(plain, a_weight(100)), a_weight(75)), last)) == plain


def test_a_share_that_somebody_changed_meanwhile_is_not_taken_from_the_canary() -> None:
    """The new revision's share rises as the canary's falls; the other way it may be written over any."""
    order = replace(a_weight(75), decided_on=Fraction(95, 100), reversed=True)
    assert order.may_replace(Fraction(95, 100))
    assert not order.may_replace(Fraction(1))
    assert order.may_replace(Fraction(1, 2))
    assert replace(order, decided_on=None).may_replace(Fraction(1))
