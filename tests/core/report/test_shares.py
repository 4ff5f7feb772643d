from dataclasses import replace

import pytest

from canary_operator.api.report import Above, Count, Held, Judged, Measured, Point
from canary_operator.core.report.shares import allowed, shares
from tests.doubles.reports import METRIC, a_point, measured

Course = list[tuple[Point, Measured]]


def course(*canary: tuple[float, float], weight: float = 0.1, first: int = 1) -> Course:
    """The canary's cumulative counts; the baseline has nine times as many, of which 1 % are bad."""
    seen = [measured(counts, (9 * counts[0], 0.09 * counts[0])) for counts in canary]
    return [(a_point(5 * look, one, weight=weight), one) for look, one in enumerate(seen, start=first)]


def test_a_share_is_of_the_newest_requests() -> None:
    """A canary that begins to fail in the end is not hidden by what went well before."""
    found = shares(course((100, 0), (200, 0), (300, 50)))
    assert found.canary == [0, 0, 0.5]
    assert found.baseline == pytest.approx([0.01, 0.01, 0.01])


def test_few_requests_are_taken_together() -> None:
    """Back to where there are a hundred; at the beginning there are fewer."""
    assert shares(course((40, 4), (80, 4), (120, 4), (160, 4))).canary == [0.1, 0.05, pytest.approx(4 / 120), 0.0]


def test_two_weights_are_not_pooled() -> None:
    """What lies before the change of weight was counted under the old one."""
    change = [*course((40, 40)), *course((80, 80), (90, 80), weight=0.5, first=2)]
    assert shares(change).canary == [1, 1, 0]


def test_what_the_warm_up_counted_is_dropped() -> None:
    """Its counts end with it, so the next ones begin at 0."""
    (point, seen), *rest = course((50, 25), (10, 0), (20, 0))
    warm = replace(seen, warming=True)
    assert shares([(replace(point, metrics=(warm,)), warm), *rest]).canary == [0.5, 0, 0]


def test_an_arm_without_requests_has_no_share() -> None:
    """At 100 % there is no baseline."""
    one = measured((100, 1))
    assert shares([(a_point(5, one), one)]).baseline == [None]


def test_a_latency_is_told_by_boundary() -> None:
    """One that isn't among them says nothing."""
    one = replace(measured(), above=(Above("100ms", Count(100, 30), Count(900, 9)),))
    found = [(a_point(5, one), one)]
    assert (shares(found, "100ms").canary, shares(found, "100ms").baseline) == ([0.3], [0.01])
    assert shares(found, "250ms").canary == [None]


@pytest.mark.parametrize(
    ("held", "more", "bound"),
    [
        (Held(), False, None),
        (Held(times=1.5), False, 0.03),
        (Held(times=1.5, limit=0.025), False, 0.025),
        (Held(times=1.5, ignore_below=0.1), False, 0.1),
        (Held(times=0.9), True, 0.018),
        (Held(times=100), False, 1.0),
    ],
)
def test_the_bound_follows_the_baseline(held: Held, more: bool, bound: float | None) -> None:
    (found,) = allowed(Judged(name=METRIC, more_is_better=more), held, [0.02])
    assert found == (None if bound is None else pytest.approx(bound))


def test_without_a_baseline_only_a_limit_is_left() -> None:
    assert allowed(Judged(name=METRIC), Held(times=1.5, limit=0.02), [None]) == [0.02]
    assert allowed(Judged(name=METRIC), Held(times=1.5), [None]) == [None]
