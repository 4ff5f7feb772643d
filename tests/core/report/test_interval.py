import random
from math import inf

import pytest

from canary_operator.api.report import Above, Count, Measured, Point
from canary_operator.core.report.interval import Strata, with_intervals
from tests.doubles.reports import a_course, a_point, measured


def the_last(points: tuple[Point, ...]) -> Measured:
    return with_intervals(points)[-1].metrics[0]


def test_the_interval_closes_around_the_ratio() -> None:
    """Three times the baseline's rate, and the more is seen the narrower it gets."""
    few, many = the_last(a_course(40, 0.03)), the_last(a_course(2000, 0.03))
    assert few.ratio == pytest.approx(3)
    assert many.ratio == pytest.approx(3)
    assert few.lower is not None
    assert many.lower is not None
    assert many.upper is not None
    assert few.lower < many.lower < 3 < many.upper < (few.upper or inf)
    assert many.upper / many.lower < 1.6


def test_arms_swapped_mirror_the_interval() -> None:
    """What is three times here is a third there."""
    strata, mirrored = Strata(), Strata()
    for _ in range(50):
        strata.count(Count(100, 6), Count(300, 6), 1.0)
        mirrored.count(Count(300, 6), Count(100, 6), 1.0)
    assert strata.bounds.lower == pytest.approx(1 / mirrored.bounds.upper)
    assert strata.bounds.upper == pytest.approx(1 / mirrored.bounds.lower)


@pytest.mark.parametrize(
    ("canary", "baseline", "lower", "upper"),
    [((5000, 0), (5000, 500), 0.0, 1.0), ((5000, 500), (5000, 0), 1.0, None)],
)
def test_an_arm_without_errors_leaves_one_side_open(
    canary: tuple[float, float], baseline: tuple[float, float], lower: float, upper: float | None
) -> None:
    """Nothing bounds the ratio there."""
    seen = the_last((a_point(5, measured(canary, baseline)),))
    assert seen.lower is not None
    assert seen.lower >= lower
    assert (seen.upper is None) if upper is None else (seen.upper is not None and seen.upper < upper)


def test_no_error_anywhere_says_nothing() -> None:
    """And an arm alone does not either."""
    assert the_last((a_point(5, measured((100, 0), (100, 0))),)).lower is None
    assert the_last((a_point(5, measured((100, 9), (0, 0))),)).lower is None


def test_rates_that_move_in_both_arms_invent_no_difference() -> None:
    """While the weight rises and the common rate with it, pooled counts would show a ratio of two."""
    early = measured((500, 5), (9500, 95))
    late = measured((5500, 505), (14500, 595))
    seen = the_last((a_point(5, early), a_point(10, late, weight=0.5)))
    assert seen.ratio == pytest.approx(1)


def test_the_warm_up_is_no_part_of_it() -> None:
    """Its counts are dropped when it ends, whatever they were."""
    warming = a_point(5, measured((50, 40), (900, 9), warming=True))
    warm = a_point(10, measured((60, 6), (1000, 100)))
    assert with_intervals((warming,))[0].metrics[0].lower is None
    assert the_last((warming, warm)).ratio == pytest.approx(1)


def test_counts_that_scatter_widen_it() -> None:
    """All evidence is divided by phi."""
    plain, scattered = Strata(), Strata()
    plain.count(Count(1000, 90), Count(1000, 30), 1.0)
    scattered.count(Count(1000, 90), Count(1000, 30), 4.0)
    assert scattered.bounds.lower < plain.bounds.lower < 3


def test_points_in_between_may_be_left_out() -> None:
    """What lies between two points is one stratum, however long."""
    points = a_course(100, 0.03)
    seen = with_intervals(points)[-1].metrics[0], with_intervals(points[::9])[-1].metrics[0]
    assert seen[0].lower == pytest.approx(seen[1].lower)
    assert seen[0].upper == pytest.approx(seen[1].upper)


def test_it_holds_at_all_times_together() -> None:
    """The true ratio is outside at any of 60 looks in fewer than 5 % of runs, beyond what chance may do."""
    dice, missed, runs = random.Random(5), 0, 150  # noqa: S311 -- a simulation
    for _ in range(runs):
        strata, outside = Strata(), False
        for _ in range(60):
            canary = Count(50, sum(dice.random() < 0.1 for _ in range(50)))
            baseline = Count(150, sum(dice.random() < 0.05 for _ in range(150)))
            strata.count(canary, baseline, 1.0)
            outside = outside or not strata.bounds.lower <= 2.0 <= strata.bounds.upper
        missed += outside
    assert missed <= 0.05 * runs + 6


def test_a_latency_has_a_ratio_at_each_boundary() -> None:
    """Each by its own counts; that of the whole metric would be of one of them."""
    points = []
    for look in range(1, 41):
        counts = {"100ms": (30, 9), "250ms": (10, 90)}
        above = tuple(
            Above(le, Count(100 * look, ours * look), Count(900 * look, theirs * look))
            for le, (ours, theirs) in counts.items()
        )
        points.append(a_point(5 * look, measured((100 * look, 30 * look), (900 * look, 9 * look), above=above)))
    last = with_intervals(points)[-1].metrics[0]
    first, second = last.above
    assert first.ratio == pytest.approx(30)
    assert second.ratio == pytest.approx(1)
    assert first.lower is not None
    assert first.lower > 10
    assert second.lower is not None
    assert second.upper is not None
    assert second.lower < 1 < second.upper
    assert last.ratio is None
