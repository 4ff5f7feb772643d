"""Between which boundaries of its histogram a latency's quantile lies, in each arm: all that counts can say of it.

250ms ─────────────────────    a line above a boundary: the quantile is longer than that
           ┌──── canary        a line below: it is not
100ms ─────┼───────────────
───────────┘ ── baseline
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from canary_operator.api.metric import SLOWEST
from canary_operator.api.report import Count, Judged, Measured
from canary_operator.core.report.drawing import Line, Plot
from canary_operator.core.report.scales import Scale
from canary_operator.core.report.shares import Course
from canary_operator.core.report.words import clock

_APART = 0.12
"""Of a lane, or the line of one arm would hide the other's."""


def quantile_plots(metric: Judged, course: Course) -> Iterator[Plot]:
    """One, of a latency that was judged."""
    boundaries = [held.boundary for held in metric.held if held.boundary]
    if metric.name in SLOWEST and boundaries:
        yield _quantiles(metric, sorted(boundaries, key=_milliseconds), course)


def _quantiles(metric: Judged, boundaries: Sequence[str], course: Course) -> Plot:
    share = SLOWEST[metric.name]
    lanes = [tuple(_lane(arm, share) for arm in _arms(seen, boundaries)) for _, seen in course]
    told = [f"canary {_told(canary, boundaries)}, baseline {_told(baseline, boundaries)}" for canary, baseline in lanes]
    return Plot(
        f"{metric.name}: between which boundaries it lies",
        f"Of all requests since the run began, failed ones as the slowest; at the end {told[-1]}.",
        [point.at for point, _ in course],
        _lanes(boundaries),
        [
            Line("canary, since the run began", "canary", [_height(at[0], _APART) for at in lanes], steps=True),
            Line("baseline meanwhile", "baseline", [_height(at[1], -_APART) for at in lanes], steps=True),
        ],
        [f"{clock(point.at)}: {said}" for (point, _), said in zip(course, told, strict=True)],
    )


def _arms(seen: Measured, boundaries: Sequence[str]) -> tuple[list[Count], list[Count]]:
    """What each arm counted above each boundary; a boundary that is not known yet counted nothing."""
    known = {one.boundary: one for one in seen.above}
    above = [known.get(boundary) for boundary in boundaries]
    return (
        [one.canary if one else Count() for one in above],
        [one.baseline if one else Count() for one in above],
    )


def _lane(above: Sequence[Count], share: Fraction) -> int | None:
    """How many of the boundaries more than this share of the requests exceeded; None without a request."""
    if not all(count.requests for count in above):
        return None
    return sum(count.bad > float(share) * count.requests for count in above)


def _height(lane: int | None, apart: float) -> float | None:
    return None if lane is None else lane + 0.5 + apart


def _lanes(boundaries: Sequence[str]) -> Scale:
    """The boundaries at equal distances: what lies between two of them has no place of its own."""
    ticks = tuple((float(at), boundary) for at, boundary in enumerate(boundaries, start=1))
    return Scale(0.0, len(boundaries) + 1.0, ticks, lambda value: value)


def _told(lane: int | None, boundaries: Sequence[str]) -> str:
    """`100ms to 250ms`."""
    if lane is None:
        return "unknown"
    if lane == 0:
        return f"up to {boundaries[0]}"
    return f"{boundaries[lane - 1]} to {boundaries[lane]}" if lane < len(boundaries) else f"above {boundaries[-1]}"


def _milliseconds(boundary: str) -> float:
    return float(boundary.removesuffix("ms"))
