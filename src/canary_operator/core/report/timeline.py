"""A bounded course of a run: always all of it, and the newest part in full."""

from collections.abc import Sequence

from canary_operator.api.report import Happening, Point

MOST_POINTS = 160
NEWEST = 40
"""So many points at the end are kept as they are: a breach is a matter of seconds."""
MOST_EVENTS = 60
_FIRST_EVENTS = 20


def appended(points: tuple[Point, ...], point: Point, most: int = MOST_POINTS) -> tuple[Point, ...]:
    """One point later; beyond the bound, neighbours become one."""
    return thinned((*points, point), most) if len(points) >= most else (*points, point)


def thinned(points: Sequence[Point], most: int) -> tuple[Point, ...]:
    """At most so many points (at least 2), as evenly spread as they can be.

    Counts are cumulative, so two neighbours become one by leaving out the earlier: what lies between two points that
    stay is one longer stratum. Where the weight changed both sides stay, as long as that is possible, because strata
    of different weights must not be pooled.
    """
    kept = list(points)
    while len(kept) > most:
        del kept[_dispensable(kept, range(1, len(kept) - min(NEWEST, most // 2)))]
    return tuple(kept)


def told(events: tuple[Happening, ...], event: Happening) -> tuple[Happening, ...]:
    """One event later; beyond the bound the middle is left out: how it began and how it ended is what people ask."""
    every = (*events, event)
    if len(every) <= MOST_EVENTS:
        return every
    return (*every[:_FIRST_EVENTS], *every[_FIRST_EVENTS + 1 :])


def _dispensable(points: Sequence[Point], old: range) -> int:
    """The one without which the gap is smallest; of those that matter only where there is no other."""
    free = [at for at in old if not _matters(points, at)] or old
    return min(free, key=lambda at: points[at + 1].at - points[at - 1].at)


def _matters(points: Sequence[Point], at: int) -> bool:
    """What is marked, and both sides of a new weight."""
    here, before, after = points[at], points[at - 1], points[at + 1]
    return here.marks or any(_weight(here) != _weight(beside) for beside in (before, after))


def _weight(point: Point) -> tuple[int, float]:
    return point.stage, point.weight
