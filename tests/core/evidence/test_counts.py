from itertools import product
from math import exp, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_operator.core.evidence.counts import ALTERNATIVES, gains
from tests.cases import cases
from tests.core.evidence.exact import binomial, poisson
from tests.core.evidence.stream import arms

_CAP = log(20)

# The formula in 40 decimal digits, computed apart from the product.
_GOLDEN = [
    (
        (50, 5, 950, 9, 1.5),
        (2.050126606246986, 3.5810039532600375, 4.453111706301105, 4.429826526365044, 1.067572147296446),
    ),
    (
        (2, 2, 18, 0, 1.5),
        (0.9156661872509607, 1.6945957207744071, 2.314905577382086, 2.9518130396191555, 3.5271771845227176),
    ),
    (
        (200, 1, 600, 12, 1.0),
        (-1.6744375521111472, -4.172434116738027, -7.401475434845189, -13.019929859447354, -24.03157422284351),
    ),
]


@pytest.mark.parametrize(("given_counts", "expected"), _GOLDEN)
def test_gains_match_the_golden_vectors(
    given_counts: tuple[float, float, float, float, float], expected: tuple[float, ...]
) -> None:
    """The formula is the one of the documentation, digit for digit."""
    n_c, e_c, n_b, e_b, margin = given_counts
    assert gains(arms((n_c, e_c), (n_b, e_b)), margin, 1.0) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("stratum", [arms((0, 0), (90, 3)), arms((7, 7), (0, 0)), arms((0, 0), (0, 0))])
def test_an_arm_without_requests_says_nothing(stratum: object) -> None:
    """Nothing can be compared with nothing."""
    assert gains(stratum, 1.5, 1.0) == [0.0] * len(ALTERNATIVES)  # type: ignore[arg-type]


@given(st.integers(1, 6), st.integers(1, 12), st.floats(0.001, 0.6), st.floats(0, 1), st.sampled_from([1.0, 1.5]))
@settings(deadline=None)
def test_no_bet_is_expected_to_win_on_binomial_counts(
    canary: int, baseline: int, fails: float, times: float, margin: float
) -> None:
    """For every canary that is at most as bad as allowed, the exact expectation of each factor is at most 1."""
    expected = [0.0] * len(ALTERNATIVES)
    for bad_c, bad_b in product(range(canary + 1), range(baseline + 1)):
        chance = binomial(canary, bad_c, fails * margin * times) * binomial(baseline, bad_b, fails)
        factors = gains(arms((canary, bad_c), (baseline, bad_b)), margin, 1.0)
        expected = [total + chance * exp(factor) for total, factor in zip(expected, factors, strict=True)]
    assert max(expected) <= 1 + 1e-9


@given(st.floats(0.05, 3), st.floats(0.05, 3), st.floats(0, 1))
@settings(max_examples=cases(40), deadline=None)
def test_no_bet_is_expected_to_win_on_poisson_counts(canary: float, baseline: float, times: float) -> None:
    """The same for counts of rare errors, where requests are only a measure of exposure; the cap only lowers it."""
    margin, allowed = 1.5, baseline * 1.5 * (canary / 10) * times
    requests = (canary * 100, 1000.0)  # errors per request of the baseline: baseline / 1000
    expected = [0.0] * len(ALTERNATIVES)
    for bad_c, bad_b in product(range(25), repeat=2):
        chance = poisson(allowed, bad_c) * poisson(baseline, bad_b)
        factors = gains(arms((requests[0], bad_c), (requests[1], bad_b)), margin, 1.0)
        expected = [total + chance * exp(min(f, _CAP)) for total, f in zip(expected, factors, strict=True)]
    assert max(expected) <= 1 + 1e-9


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=8),
    st.integers(50, 200),
    st.floats(0.01, 0.9),
)
@settings(deadline=None)
def test_looking_more_often_adds_no_evidence(parts: list[tuple[int, int]], requests: int, weight: float) -> None:
    """At a constant weight the parts of a stratum gain together exactly what the whole gains: only counts matter."""
    share = (requests * weight, requests * (1 - weight))
    split = [gains(arms((share[0], canary), (share[1], baseline)), 1.5, 1.0) for canary, baseline in parts]
    bad_c, bad_b = (sum(column) for column in zip(*parts, strict=True))
    whole = gains(arms((share[0] * len(parts), bad_c), (share[1] * len(parts), bad_b)), 1.5, 1.0)
    assert [sum(column) for column in zip(*split, strict=True)] == pytest.approx(whole, rel=1e-9, abs=1e-9)


def test_scattered_counts_weigh_less() -> None:
    """Counts that scatter twice as wide as independent ones give half of the gain."""
    stratum = arms((50, 5), (950, 9))
    assert gains(stratum, 1.5, 2.0) == pytest.approx([gain / 2 for gain in gains(stratum, 1.5, 1.0)])
