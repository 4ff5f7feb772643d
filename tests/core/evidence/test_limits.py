from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_operator.api.evidence import Counts
from canary_operator.core.evidence.limits import gains, odds
from tests.core.evidence.exact import binomial


@pytest.mark.parametrize(
    ("requests", "bad", "limit", "expected"),
    [
        (
            50,
            5,
            0.01,
            (
                2.4558719673422447,
                4.574662219936228,
                6.191256428138293,
                7.22396737377561,
                1.4078795444753847,
                -287.82808907612406,
            ),
        ),
        (20, 6, 0.2, (0.4507436207171131, -3.112386795830576, -87.05674835216993)),
    ],
)
def test_gains_match_the_golden_vectors(requests: int, bad: int, limit: float, expected: tuple[float, ...]) -> None:
    """The likelihood ratios are those of the documentation; alternatives that are no rate are left out."""
    assert gains(Counts(requests=requests, bad=bad), limit, 1.0) == pytest.approx(expected, rel=1e-9)


@given(st.integers(1, 30), st.floats(0.0001, 0.95), st.floats(0, 1))
@settings(deadline=None)
def test_no_bet_is_expected_to_win_below_the_limit(requests: int, limit: float, times: float) -> None:
    """The exact expectation of each factor is at most 1 for every rate up to the limit."""
    expected = [0.0] * len(odds(limit))
    for bad in range(requests + 1):
        chance = binomial(requests, bad, limit * times)
        factors = gains(Counts(requests=requests, bad=bad), limit, 1.0)
        expected = [total + chance * exp(factor) for total, factor in zip(expected, factors, strict=True)]
    assert max(expected) <= 1 + 1e-9


def test_a_limit_of_nothing_is_one_in_a_million() -> None:
    """`max: "0%"` is judged like 0.0001 %, so that a single error already counts for much."""
    assert odds(0.0) == odds(1e-6)


def test_a_limit_of_everything_has_no_alternative() -> None:
    """Nothing is worse than failing every request."""
    assert gains(Counts(requests=5, bad=5), 1.0, 1.0) == []


def test_no_requests_say_nothing() -> None:
    """0 of 0 is no failure."""
    assert set(gains(Counts(), 0.01, 1.0)) == {0.0}
