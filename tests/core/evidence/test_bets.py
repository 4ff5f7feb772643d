from itertools import product
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_operator.api.evidence import Test
from canary_operator.core.evidence import counts
from canary_operator.core.evidence.bets import MOST, bet, e_value
from tests.cases import cases
from tests.core.evidence.exact import binomial
from tests.core.evidence.stream import arms


def test_before_the_first_look_the_capital_is_one() -> None:
    """A test that has seen nothing says nothing."""
    assert e_value(Test(), 100) == 1.0


def test_a_look_without_news_costs_nothing() -> None:
    """What is staked on neither side stays where it is."""
    assert e_value(bet(Test(), (0.0, 0.0), 10), 10) == pytest.approx(1.0)


def test_one_look_never_decides_alone() -> None:
    """However many requests fail in one look, the evidence grows by 20 at most."""
    first = bet(Test(), (1e6,) * 5, 100)
    assert e_value(first, 100) == pytest.approx(0.6 * 20 + 0.4)
    assert e_value(bet(first, (1e6,) * 5, 100), 100) > 111


def test_wealth_has_a_ceiling() -> None:
    """Evidence stays a finite number that JSON can hold, however long a canary fails."""
    test = Test()
    for _ in range(100):
        test = bet(test, (log(20),), 50)
    assert test.wealth == (MOST,)


def test_without_an_alternative_nothing_is_staked() -> None:
    """A limit of 100 % is never exceeded."""
    assert bet(Test(), (), 10) == Test()


def test_wealth_of_another_version_is_kept() -> None:
    """An upgrade in the middle of a run may change the alternatives, and loses no evidence."""
    before = Test(looks=3, wealth=(4.0, 1.0, 1.0))
    after = bet(before, (0.0,) * 5, 100)
    assert len(after.wealth) == 5
    assert e_value(after, 100) == pytest.approx(e_value(before, 100))


@given(st.floats(0.01, 0.6), st.floats(0, 1), st.integers(2, 3))
@settings(max_examples=cases(30), deadline=None)
def test_no_sequence_of_looks_is_expected_to_win(baseline_fails: float, times: float, planned: int) -> None:
    """The expectation of the evidence after three looks, summed over every possible outcome, is at most 1."""
    margin = 1.5
    chances = [
        (binomial(2, canary, baseline_fails * margin * times) * binomial(2, baseline, baseline_fails), canary, baseline)
        for canary, baseline in product(range(3), repeat=2)
    ]
    gains = {(c, b): counts.gains(arms((2, c), (2, b)), margin, 1.0) for _, c, b in chances}
    expected = 0.0
    for looks in product(chances, repeat=3):
        chance, test = 1.0, Test()
        for probability, canary, baseline in looks:
            chance *= probability
            test = bet(test, gains[canary, baseline], planned)
        expected += chance * e_value(test, planned)
    assert expected <= 1 + 1e-9
