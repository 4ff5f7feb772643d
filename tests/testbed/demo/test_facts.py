from collections import Counter

import pytest

from testbed.demo.facts import is_fair
from testbed.demo.watch import Step
from testbed.shop import CANARY, NAME


def a_step(weight: float, canary: int, stable: int) -> Step:
    """What Envoy counted before the step began does not belong to it."""
    before = Counter({CANARY: 70, NAME: 5000})
    return Step(weight, first=before, last=before + Counter({CANARY: canary, NAME: stable}))


@pytest.mark.parametrize(("canary", "fair"), [(50, True), (35, True), (65, True), (17, False), (83, False)])
def test_a_share_is_fair_within_what_chance_allows(canary: int, fair: bool) -> None:
    """Of 1000 requests at 5 % about 50 are expected, give or take 32."""
    assert is_fair(a_step(5, canary, 1000 - canary)) == fair


def test_at_full_weight_stable_gets_nothing() -> None:
    """Chance has no part in it; one request may have been on its way."""
    assert is_fair(a_step(100, 900, 0))
    assert is_fair(a_step(100, 900, 1))
    assert not is_fair(a_step(100, 900, 5))


def test_no_request_proves_nothing() -> None:
    """A gateway that counted nothing is no evidence of a right weight."""
    assert not is_fair(a_step(25, 0, 0))
