import random
from math import exp, inf, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from canary_operator.core.evidence.interval import RATIOS, Interval, Lattice, advance, interval
from tests.core.evidence.stream import Traffic, arms

_RUNS = 100
_LOOKS = 180


def test_nothing_seen_excludes_nothing() -> None:
    """Before the first stratum every ratio is possible."""
    assert interval(()) == Interval(0.0, inf)


@pytest.mark.parametrize("stratum", [arms((0, 0), (90, 3)), arms((7, 7), (0, 0)), arms((10, 0), (90, 0))])
def test_a_stratum_without_one_arm_or_without_errors_says_nothing(stratum: object) -> None:
    """A ratio is learned from errors that either arm could have had."""
    lattice = advance((), arms((100, 3), (900, 9)), 1.0)
    assert advance(lattice, stratum, 1.0) == lattice  # type: ignore[arg-type]
    assert advance((), stratum, 1.0) == ()  # type: ignore[arg-type]


def test_bounds_match_the_formula_written_out() -> None:
    """Each end is the last ratio whose eight bets together reach 1/0.025, by search through all of them."""
    strata = [arms((50, 6), (950, 9)), arms((200, 31), (800, 12)), arms((500, 55), (500, 6))]
    lattice: Lattice = ()
    for stratum in strata:
        lattice = advance(lattice, stratum, 1.3)

    def likelihood(power: int) -> float:
        r = 1.25**power
        return sum(
            s.canary.bad * log(r)
            - (s.canary.bad + s.baseline.bad) * log(s.canary.requests * r + s.baseline.requests)
            for s in strata
        ) / 1.3  # fmt: skip

    def mean(power: int, sign: int) -> float:
        others = [power + sign * m for m in (1, 2, 3, 5, 7, 10, 15, 31)]
        return sum(exp(likelihood(p) - likelihood(power)) for p in others if -40 <= p <= 60) / 8

    lower = max(p for p in range(-40, 61) if mean(p, 1) >= 40)
    upper = min(p for p in range(-40, 61) if mean(p, -1) >= 40)
    found = interval(lattice)
    assert (found.lower, found.upper) == pytest.approx((1.25**lower, 1.25**upper))


def test_a_spotless_baseline_bounds_only_from_below() -> None:
    """Ten errors beside none may be any number of times more, but not as few as the baseline's."""
    found = interval(advance((), arms((500, 10), (500, 0)), 1.0))
    assert 1 < found.lower < 10
    assert found.upper == inf


def test_a_spotless_canary_bounds_only_from_above() -> None:
    """No errors of the canary are consistent with none at all."""
    found = interval(advance((), arms((500, 0), (500, 10)), 1.0))
    assert found.lower == 0
    assert 0.1 < found.upper < 1


def test_beyond_the_lattice_nothing_is_claimed() -> None:
    """However much is seen, the ends of the lattice can't be refuted by alternatives that aren't on it."""
    found = interval(advance((), arms((1, 1e6), (1e9, 1)), 1.0))
    assert found.lower <= RATIOS[-2]
    assert found.upper == inf


def test_scattered_counts_are_wider() -> None:
    """Dividing by phi costs width on both sides."""
    stratum = arms((1000, 60), (9000, 90))
    narrow, wide = interval(advance((), stratum, 1.0)), interval(advance((), stratum, 3.0))
    assert wide.lower < narrow.lower
    assert narrow.upper < wide.upper


@given(st.integers(40, 60), st.integers(40, 60), st.integers(7, 14))
@settings(deadline=None)
def test_swapped_arms_give_the_reciprocal(bad_c: int, bad_b: int, times: int) -> None:
    """Twice as bad one way is half as bad the other way, as long as the lattice reaches equally far beyond both."""
    canary, baseline = (100 * times, bad_c), (1000, bad_b)
    found = interval(advance((), arms(canary, baseline), 1.0))
    swapped = interval(advance((), arms(baseline, canary), 1.0))
    assert swapped.lower * found.upper == pytest.approx(1)
    assert swapped.upper * found.lower == pytest.approx(1)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=6), st.floats(0.01, 0.9))
@settings(deadline=None)
def test_strata_of_one_weight_may_be_added_up_before(parts: list[tuple[int, int]], weight: float) -> None:
    """The lattice is advanced now and then, with the counts in between summed: nothing is lost by it."""
    split: Lattice = ()
    for bad_c, bad_b in parts:
        split = advance(split, arms((100 * weight, bad_c), (100 * (1 - weight), bad_b)), 1.0)
    bad_c, bad_b = (sum(column) for column in zip(*parts, strict=True))
    looks = len(parts)
    whole = advance((), arms((looks * 100 * weight, bad_c), (looks * 100 * (1 - weight), bad_b)), 1.0)
    assert split == pytest.approx(whole, abs=1e-9)


@pytest.mark.thorough
@pytest.mark.parametrize("ratio", [1, 2, 5])
def test_the_true_ratio_stays_inside_at_all_looks(ratio: float) -> None:
    """180 looks, errors of the baseline rising from 0.5 to 2 %, weights from 5 to 50 %: 95 % of the runs at least."""
    missed, told = 0, 0
    for seed in range(_RUNS):
        chance, outside = random.Random(seed), False  # noqa: S311 - a simulation wants to be repeated
        lattice: Lattice = ()
        for look in range(_LOOKS):
            fails = 0.005 + 0.015 * look / _LOOKS
            weight = (0.05, 0.2, 0.35, 0.5)[look * 4 // _LOOKS]
            stratum = Traffic(chance.getrandbits(32), 100, weight, ratio * fails, fails).arms(10)
            lattice = advance(lattice, arms(*stratum), 1.0)
            found = interval(lattice)
            outside = outside or not found.lower <= ratio <= found.upper
        missed += outside
        told += found.upper / found.lower < 2
    assert missed <= stats.binom.isf(0.001, _RUNS, 0.05)
    assert told == _RUNS, "an interval that never narrows would cover as well"
