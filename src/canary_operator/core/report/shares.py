"""What share of the requests was bad at each point of the run: of the newest ones, or a change would drown in the past.

points     |----|----|----|--------|
canary's     40   40   40    120      counted backwards from each point until there are a hundred
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from canary_operator.api.report import Count, Held, Judged, Measured, Point

FEWEST = 100
"""The canary's requests that one share is taken of, where the present weight has seen so many."""

Course = Sequence[tuple[Point, Measured]]
"""One metric over time."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Of each arm at each point; None where it had no request."""

    canary: Sequence[float | None]
    baseline: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Between two points."""

    canary: Count
    baseline: Count
    under: tuple[float, bool]
    """The weight, and whether it was the warm-up: strata that differ in them are not pooled."""


def shares(course: Course, boundary: str = "") -> Shares:
    """Bad ones of each arm; of a latency those above the boundary."""
    strata = list(_strata(course, boundary))
    newest = [_newest(strata[: at + 1]) for at in range(len(strata))]
    return Shares([_share(canary) for canary, _ in newest], [_share(baseline) for _, baseline in newest])


def allowed(metric: Judged, held: Held, baseline: Sequence[float | None]) -> list[float | None]:
    """What the canary's share was held against at each point."""
    return [_allowed(metric, held, share) for share in baseline]


def _allowed(metric: Judged, held: Held, share: float | None) -> float | None:
    compared = None if held.times is None or share is None else held.times * share
    if compared is not None and not metric.more_is_better:
        compared = max(compared, held.ignore_below or 0.0)
    bounds = [bound for bound in (compared, held.limit) if bound is not None]
    return min(1.0, *bounds) if bounds else None


def _newest(strata: Sequence[_Stratum]) -> tuple[Count, Count]:
    canary, baseline, under = Count(), Count(), strata[-1].under
    for stratum in reversed(strata):
        if stratum.under != under or canary.requests >= FEWEST:
            break
        canary, baseline = _plus(canary, stratum.canary), _plus(baseline, stratum.baseline)
    return canary, baseline


def _strata(course: Course, boundary: str) -> Iterator[_Stratum]:
    """The counts of the warm-up are dropped at its end, so what follows counts from 0 again."""
    before: tuple[Point, Measured] | None = None
    for point, seen in course:
        known = before if before is not None and before[1].warming == seen.warming else None
        canary, baseline = _counts(seen, boundary)
        old = (Count(), Count()) if known is None else _counts(known[1], boundary)
        weight = point.weight if before is None else before[0].weight
        yield _Stratum(_minus(canary, old[0]), _minus(baseline, old[1]), (weight, seen.warming))
        before = point, seen


def _counts(seen: Measured, boundary: str) -> tuple[Count, Count]:
    if not boundary:
        return seen.canary, seen.baseline
    return next(((one.canary, one.baseline) for one in seen.above if one.boundary == boundary), (Count(), Count()))


def _share(count: Count) -> float | None:
    return min(1.0, count.bad / count.requests) if count.requests > 0 else None


def _plus(one: Count, other: Count) -> Count:
    return Count(one.requests + other.requests, one.bad + other.bad)


def _minus(one: Count, other: Count) -> Count:
    return Count(max(0.0, one.requests - other.requests), max(0.0, one.bad - other.bad))
