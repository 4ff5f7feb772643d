from datetime import timedelta
from itertools import pairwise

import pytest

from canary_operator.api.report import Happening
from canary_operator.core.report.timeline import MOST_EVENTS, MOST_POINTS, NEWEST, appended, thinned, told
from tests.doubles.memory import NOON
from tests.doubles.reports import a_course, a_point


def test_a_course_never_grows_beyond_its_bound_and_covers_the_whole_run() -> None:
    """The beginning stays, the newest points stay as they are, and order is kept."""
    points = a_course(3000, 0.01, evidence=1.0)
    kept = points[:0]
    for point in points:
        kept = appended(kept, point)
        assert len(kept) <= MOST_POINTS
    assert kept[0] == points[0]
    assert kept[-NEWEST:] == points[-NEWEST:]
    assert list(kept) == sorted(kept, key=lambda point: point.at)
    gaps = [later.at - earlier.at for earlier, later in pairwise(kept)]
    assert max(gaps) < timedelta(seconds=5 * 3000 / 10)


def test_what_happened_and_both_sides_of_a_weight_stay() -> None:
    """Strata of different weights must not become one."""
    course = [a_point(at, weight=0.05 if at < 70 else 0.25, marks=at == 33) for at in range(200)]
    kept = thinned(course, 60)
    assert len(kept) <= 60
    assert {course[0], course[33], course[69], course[70], course[199]} <= set(kept)


@pytest.mark.parametrize("most", [2, 3, 10])
def test_a_bound_holds_even_where_everything_happened(most: int) -> None:
    """Marks are kept as long as that is possible."""
    kept = thinned([a_point(at, marks=True) for at in range(50)], most)
    assert 0 < len(kept) <= most
    assert kept[-1] == a_point(49, marks=True)


def test_too_many_events_lose_their_middle() -> None:
    """How it began and how it ended is what people ask."""
    events: tuple[Happening, ...] = ()
    for number in range(200):
        events = told(events, Happening(at=NOON, state="Staged", reason="Held", message=str(number)))
    assert len(events) == MOST_EVENTS
    numbers = [int(event.message) for event in events]
    assert numbers == [*range(20), *range(160, 200)]
