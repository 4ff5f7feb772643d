"""Who speaks of the rules that are ours."""

from fractions import Fraction

from canary_operator.core.world import Problem, Route
from canary_operator.providers.traffic.telling import with_ours

OURS = [(0, {"name": "canary-operator-match-1-checkout"})]
NO = Problem("No", "no")


def test_the_first_rule_that_can_be_read_speaks_of_them() -> None:
    """Nobody else does, so that none is told twice."""
    found = with_ours([NO, Route(Fraction(0), None), Route(Fraction(0), None)], OURS)
    assert [one.matched if isinstance(one, Route) else () for one in found] == [(), (OURS[0][1]["name"],), ()]
    assert with_ours([NO], OURS) == [NO]
