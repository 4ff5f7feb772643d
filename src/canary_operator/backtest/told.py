"""The outcome as a person reads it: a table, and the evidence drawn over time."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import log, sqrt

from canary_operator.api.quantities import format_duration
from canary_operator.backtest.replay import Replay

_HEIGHTS = "▁▂▃▄▅▆▇█"
_WIDTH = 60
_SMALLEST = 1 / 111
"""Evidence of 1, which says nothing, as a part of a breach."""
_TWO_SIDED = 1.96
"""The standard normal's 97.5 % quantile."""


def of_releases(found: Sequence[Replay]) -> Iterator[str]:
    """One block for each release in the recording."""
    if not found:
        yield "No canary had a request in this time, so there is no release to judge again."
    for one in found:
        span = f"{_moment(one.began)} to {one.ended:%H:%M:%S}"
        yield f"Release of {span}, {one.requests:.0f} requests of the canary until then"
        if one.harm_at is None:
            yield "  it would have been shipped as far as its errors go"
        else:
            yield f"  taken back {format_duration(_seconds(one.harm_at - one.began))} after its first request"
        yield f"  evidence  {drawn(one.trace)}"
        yield f"  {one.sentence}"


def of_shadows(found: Sequence[Replay], span: timedelta) -> Iterator[str]:
    """How often a healthy canary would have been taken back."""
    if not found:
        yield f"The recording is shorter than one run ({format_duration(span)}): stable can't be tried against itself."
        return
    wrong = [one for one in found if one.harm_at is not None]
    lower, upper = wilson(len(wrong), len(found))
    yield (
        f"Stable against itself: {len(found)} runs of {format_duration(span)}, {len(wrong)} taken back "
        f"({100 * lower:.2g}% to {100 * upper:.2g}%, 95%)"
    )
    for one in wrong:
        yield f"  {_moment(one.began)}: {one.sentence}"


def drawn(trace: Sequence[float]) -> str:
    """The evidence over time, on a scale of orders of magnitude: from nothing (▁) to a breach (█)."""
    if not trace:
        return ""
    columns = min(_WIDTH, len(trace))
    parts = (trace[place * len(trace) // columns : (place + 1) * len(trace) // columns] for place in range(columns))
    return "".join(_HEIGHTS[_height(max(part))] for part in parts)


def wilson(seen: int, trials: int) -> tuple[float, float]:
    """A 95 % interval of a proportion (Wilson, Probable inference, 1927)."""
    share, square = seen / trials, _TWO_SIDED**2
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    width = _TWO_SIDED * sqrt(share * (1 - share) / trials + square / (4 * trials**2)) / (1 + square / trials)
    return max(0.0, centre - width) if seen else 0.0, min(1.0, centre + width)


def _height(value: float) -> int:
    if value >= 1:
        return len(_HEIGHTS) - 1
    part = 1 - log(max(value, _SMALLEST)) / log(_SMALLEST)
    return min(int(part * (len(_HEIGHTS) - 1)), len(_HEIGHTS) - 2)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
