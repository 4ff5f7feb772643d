from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.world import Missing, Route, Unknown
from canary_operator.providers.resources import DESTINATION_RULES
from canary_operator.providers.traffic.istio.subset_look import with_subsets
from tests.doubles.objects import MemoryObjects
from tests.doubles.shop import a_target
from tests.providers.traffic.istio.destination_rules import STABLE, a_rule, added

EMPTY, FED = Route(Fraction(0), None), Route(Fraction(1, 20), None)
TARGET = a_target(subsets={"destinationRule": "checkout"})


def objects(rule: Any) -> MemoryObjects:
    found = MemoryObjects()
    if rule is not None:
        found.put(DESTINATION_RULES, rule)
    return found


@pytest.mark.parametrize(
    ("rule", "seen", "reason"),
    [
        (added(a_rule(STABLE)), FED, None),
        (a_rule(STABLE), EMPTY, None),
        (a_rule(STABLE), FED, reasons.SUBSET_LOST),
        (a_rule(), EMPTY, reasons.SUBSET_UNSUPPORTED),
        (None, FED, reasons.DESTINATION_RULE_NOT_FOUND),
    ],
)
def test_a_subset_that_is_wanting_is_a_fault_of_the_route(rule: Any, seen: Route, reason: str | None) -> None:
    """The canary's is missed only while somebody is sent to it."""
    found = with_subsets(seen, TARGET, objects(rule))
    assert isinstance(found, Route)
    assert (found.share, [getattr(one, "reason", "") for one in found.faults]) == (
        seen.share,
        [reason] if reason else [],
    )


def test_other_looks_stay_what_they_are() -> None:
    """Two Services have no rule, and a route that is not there no subsets."""
    assert with_subsets(FED, a_target(), objects(None)) == FED
    assert with_subsets(Missing("it"), TARGET, objects(None)) == Missing("it")


@pytest.mark.parametrize(("served", "words"), [(True, "not listed yet"), (False, "may not list and watch")])
def test_without_a_list_nobody_new_gets_the_canary(*, served: bool, words: str) -> None:
    """Whoever has it already is judged all the same."""
    unlisted = MemoryObjects(listed=False, unserved=set() if served else {DESTINATION_RULES})
    found = with_subsets(EMPTY, TARGET, unlisted)
    assert isinstance(found, Unknown)
    assert words in found.reason
    assert with_subsets(FED, TARGET, unlisted) == FED
