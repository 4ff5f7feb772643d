"""Axes: from values to the unit interval, and the values worth a label."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10

from canary_operator.core.report import words
from canary_operator.core.report.words import number, share

MOST_TICKS = 6
_NICE = (1.0, 2.0, 5.0)
_STEPS = (
    *(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 5, 10, 30, 100)),
)
_MOST_TIMES = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis; what lies outside is drawn at its edge."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    """Value and label."""
    curve: Callable[[float], float]

    def place(self, value: float) -> float:
        """0 at the low end, 1 at the high end."""
        low, high = self.curve(self.low), self.curve(self.high)
        return (self.curve(min(max(value, self.low), self.high)) - low) / (high - low)


def decades(values: Iterable[float], lowest: float, highest: float) -> Scale:
    """A logarithmic axis over whole powers of ten; between the two powers of ten given, at most."""
    seen = [min(max(value, lowest), highest) for value in values]
    first, last = floor(log10(min(seen, default=1.0))), ceil(log10(max(seen, default=10.0)))
    last = max(last, first + 1)
    step = ceil((last - first) / MOST_TICKS)
    ticks = tuple((10.0**power, number(10.0**power)) for power in range(first, last + 1, step))
    return Scale(10.0**first, 10.0**last, ticks, log10)


def ratios(values: Iterable[float], lowest: float, highest: float) -> Scale:
    """A logarithmic axis that ends at 1, 2 or 5 times a power of ten."""
    seen = [min(max(value, lowest), highest) for value in values]
    grid = [nice * 10.0**power for power in range(-4, 6) for nice in _NICE]
    low = max((value for value in grid if value <= min(seen, default=0.5)), default=grid[0])
    high = min((value for value in grid if value >= max(seen, default=2.0) and value > low), default=grid[-1])
    within = [value for value in grid if low <= value <= high]
    step = ceil(len(within) / MOST_TICKS)
    anchor = within.index(1.0) % step if 1.0 in within else 0
    return Scale(low, high, tuple((value, number(value)) for value in within[anchor::step]), log10)


def shares(values: Iterable[float]) -> Scale:
    """From 0 % to a round percentage."""
    return _from_zero(values, share)


def amounts(values: Iterable[float], unit: str) -> Scale:
    """From 0, or from a round number where some are below, to a round number."""
    seen = list(values)
    least = min(seen, default=0.0)
    if least >= 0:
        return _from_zero(seen, lambda value: words.amount(value, unit))
    step = _step(max(seen) - least)
    first, last = floor(least / step), ceil(max(*seen, 0.0) / step)
    ticks = tuple((step * at, words.amount(step * at, unit)) for at in range(first, last + 1))
    return Scale(step * first, step * last, ticks, lambda value: value)


def times(moments: Sequence[datetime]) -> Scale:
    """A linear axis in Unix seconds with labels at round times in UTC."""
    first, last = moments[0], max(moments[-1], moments[0] + timedelta(seconds=1))
    step = next((step for step in _STEPS if (last - first) / step <= _MOST_TIMES), _STEPS[-1])
    form = "%H:%M:%S" if step < timedelta(minutes=1) else "%H:%M" if step < timedelta(days=1) else "%d %b"
    at = _EPOCH + ceil((first - _EPOCH) / step) * step
    ticks = []
    while at <= last:
        ticks.append((at.timestamp(), at.strftime(form)))
        at += step
    return Scale(first.timestamp(), last.timestamp(), tuple(ticks), lambda value: value)


def _from_zero(values: Iterable[float], label: Callable[[float], str]) -> Scale:
    most = max(values, default=0.0) or 1.0
    step = _step(most)
    count = ceil(most / step)
    ticks = tuple((step * at, label(step * at)) for at in range(count + 1))
    return Scale(0.0, step * count, ticks, lambda value: value)


def _step(span: float) -> float:
    """A round one, of which so long an axis has a few."""
    span = span or 1.0
    power = 10.0 ** floor(log10(span / 2))
    return next(nice * power for nice in (*_NICE, 10.0) if span / (nice * power) <= MOST_TICKS)
