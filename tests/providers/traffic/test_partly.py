"""How far an object is brought where some of its rules have a problem."""

import pytest

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.partly import Partly, brought, in_turn, raised, whole
from tests.providers.traffic.istio.shapes import a_weight

NO = Problem("No", "no")
LIVE: Object = {"rules": []}


def with_rule(live: Object, name: str) -> Object | Problem:
    return NO if name == "bad" else {**live, "rules": [*live["rules"], name]}


def test_one_that_cannot_change_keeps_no_other_from_it() -> None:
    """Each change is made to what the ones before it left."""
    assert in_turn(LIVE, ["a", "bad", "b"], with_rule) == ({"rules": ["a", "b"]}, ["a", "b"], [NO])


def test_what_was_brought_half_way_says_why() -> None:
    """Nothing at all is a problem by itself, and everything is none."""
    after = {"rules": ["a"]}
    assert brought(LIVE, after, []) is after
    assert brought(LIVE, after, [NO]) == Partly(after, (NO,))
    assert brought(LIVE, LIVE, [NO, NO]) == NO
    assert whole(Partly(after, (NO, Problem("Why", "why")))) == Problem("No", "no; why")


@pytest.mark.parametrize(
    ("order", "half"),
    [(a_weight(5), False), (a_weight(100), False), (a_weight(100, Purpose.ROLL_BACK), True)],
)
def test_only_a_way_back_is_gone_by_half(order: SetWeight, half: bool) -> None:
    """A raise that one rule can't take is made in none of them."""
    found = raised(["a", NO, "b"], order, lambda names: {"rules": names})
    assert found == (Partly({"rules": ["a", "b"]}, (NO,)) if half else NO)
    assert raised([NO], order, lambda names: {"rules": names}) == NO
