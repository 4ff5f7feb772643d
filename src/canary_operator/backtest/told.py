"""The outcome as a person reads it: a table, and the evidence drawn over time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from math import log, sqrt

from canary_operator.api.quantities import format_duration
from canary_operator.backtest.by_metric import Found
from canary_operator.backtest.trial import Replay

_HEIGHTS = "▁▂▃▄▅▆▇█"
_UNKNOWN = "·"
_WIDTH = 60
_SMALLEST = 1 / 111
"""Evidence of 1, which says nothing, as a part of a breach."""
_TWO_SIDED = 1.96
"""The standard normal's 97.5 % quantile."""


def of_metrics_beyond_reach(found: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What no recording can answer."""
    return (f"{name} is not judged: {reason}." for name, reason in found)


def of_releases(found: Sequence[Replay]) -> Iterator[str]:
    """One block for each release in the recording."""
    if not found:
        yield "No canary had a request in this time, so there is no release to judge again."
    for one in found:
        span = f"{_moment(one.began)} to {one.ended:%H:%M:%S}"
        yield f"Release of {span}, {one.requests:.0f} requests of the canary until then"
        yield from _outcome(one)
        yield f"  evidence  {drawn(one.trace)}"
        if one.harm_at is not None or len(one.metrics) <= 1:
            yield f"  {one.sentence}"
        yield from _each_metric(one.metrics)


def of_shadows(found: Sequence[Replay], span: timedelta) -> Iterator[str]:
    """How often a healthy canary would have been taken back."""
    if not found:
        yield f"The recording is shorter than one run ({format_duration(span)}): stable can't be tried against itself."
        return
    wrong = [one for one in found if one.harm_at is not None]
    held = sum(one.held_at is not None for one in found)
    lower, upper = wilson(len(wrong), len(found))
    yield (
        f"Stable against itself: {len(found)} runs of {format_duration(span)}, {len(wrong)} taken back "
        f"({100 * lower:.2g}% to {100 * upper:.2g}%, 95%){f', {held} held for a person' if held else ''}"
    )
    for one in wrong:
        yield f"  {_moment(one.began)}: {one.sentence}"
    yield from _each_metric_of_all(found)


def drawn(trace: Sequence[float]) -> str:
    """The evidence over time, by orders of magnitude: from nothing (▁) to a breach (█). Below 0 it is unknown (·)."""
    if not trace:
        return ""
    columns = min(_WIDTH, len(trace))
    parts = (trace[place * len(trace) // columns : (place + 1) * len(trace) // columns] for place in range(columns))
    return "".join(_UNKNOWN if (most := max(part)) < 0 else _HEIGHTS[_height(most)] for part in parts)


def _outcome(one: Replay) -> Iterator[str]:
    """Taken back, held, or neither; what was not judged has no part in that."""
    if one.held_at is not None:
        yield f"  held for a person {_since(one.began, one.held_at)}: {one.warning}"
    missing = ", ".join(metric.name for metric in one.metrics if metric.missing)
    if one.harm_at is not None:
        yield f"  taken back {_since(one.began, one.harm_at)}"
    elif one.held_at is None:
        yield (
            f"  it would not have been taken back; not judged: {missing}" if missing else "  it would have been shipped"
        )


def _each_metric(metrics: Sequence[Found]) -> Iterator[str]:
    """A row for each: how near to harm it came over time, and what it said in the end."""
    if len(metrics) <= 1 and not any(one.missing for one in metrics):
        return
    width = max(len(one.name) for one in metrics)
    for one in metrics:
        bars = drawn(one.trace)
        yield f"  {one.name:<{width}}  {_UNKNOWN * len(bars) if one.missing else bars}  {_said(one)}"


def _each_metric_of_all(found: Sequence[Replay]) -> Iterator[str]:
    """A row for each: a bar for each run, as high as the metric came in it."""
    names = list(dict.fromkeys(metric.name for one in found for metric in one.metrics))
    width = max(map(len, names), default=0)
    for name in names:
        seen = [metric for one in found for metric in one.metrics if metric.name == name]
        judged = [metric for metric in seen if not metric.missing]
        beyond = sum(max(metric.trace, default=0.0) >= 1 for metric in judged)
        bars = drawn([-1.0 if metric.missing else max(metric.trace, default=0.0) for metric in seen])
        yield f"  {name:<{width}}  {bars}  judged in {len(judged)} of {len(seen)} runs, harm in {beyond}{_why(seen)}"


def _why(seen: Sequence[Found]) -> str:
    """Of those in which it was not judged, the newest."""
    missing = [metric.missing for metric in seen if metric.missing]
    return f"; not judged: {missing[-1]}" if missing else ""


def _said(one: Found) -> str:
    return f"not judged: {one.missing}" if one.missing else one.sentence.removeprefix(f"{one.name}: ")


def _since(began: datetime, at: datetime) -> str:
    return f"{format_duration(_seconds(at - began))} after its first request"


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
