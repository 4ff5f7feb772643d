"""Where a latency can be judged: the buckets of the request durations resolve some questions and not others.

"P99 at most 10 % longer" says that a boundary u may be exceeded as often as u / 1.1 is exceeded now. The buckets show
both only roughly, and the boundaries with their margins are fixed before the run, from what the baseline did.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import log

from canary_operator.api.metric import SLOWEST, Metric
from canary_operator.api.status import Boundary

FEWEST_SLOW = 10
"""A rate that rests on fewer slow requests is no ground for a margin."""
FEWEST_REQUESTS = 100
"""With fewer in the half hour before, nothing is known about the slowest of them."""
SMALLEST_RATE = 0.0004
"""Below this, slow requests (the failed ones left out) are too rare for their rate to be compared."""
LARGEST_MARGIN = 5.0
_STEEPER = 2.0
"""How much steeper the rate may fall beyond the last boundary that is known well."""
_ERRORS_MARGIN = 1.5
"""How many times the baseline's errors are allowed where no metric says so."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many requests took longer than this, or failed."""

    le: str
    """As the label has it."""
    slow: float

    @property
    def milliseconds(self) -> float:
        return float(self.le)


@dataclass(frozen=True, slots=True)
class Durations:
    """What the baseline's requests took, over some time before the run."""

    requests: float
    failed: float
    """Bad in every bucket, or a canary that fails fast would look quick."""
    buckets: tuple[Bucket, ...]
    """By ascending boundary; without the one that is infinite."""


NO_DURATIONS = Durations(0.0, 0.0, ())


def boundaries(metric: Metric, durations: Durations, errors_margin: float | None) -> tuple[Boundary, ...]:
    """Where this metric is judged, with what is allowed there; empty where nothing can be.

    Compared is at the largest boundary that the slowest share exceeds and at the smallest that it does not. Where the
    baseline hardly ever exceeds that one, a canary must do so more often than the metric's share to be slower.
    """
    if durations.requests < FEWEST_REQUESTS:
        return ()
    found = (
        {one.le: one for one in _compared(metric, durations, errors_margin)} if metric.max_increase is not None else {}
    )
    if metric.latency_limit is not None and (at := _at_or_above(durations.buckets, metric.latency_limit)):
        plain = found.get(at.le, Boundary(metric=metric.title, le=at.le))
        found[at.le] = plain.model_copy(update={"limit": _with_errors(metric, durations, errors_margin)})
    return tuple(found.values())


def _with_errors(metric: Metric, durations: Durations, errors_margin: float | None) -> float:
    """So many may be slow or failed: the metric's share of those that go well, and the errors that are allowed."""
    allowed = _ERRORS_MARGIN if errors_margin is None else errors_margin
    share, failed = float(SLOWEST[metric.title]), min(1.0, allowed * durations.failed / durations.requests)
    return share + (1 - share) * failed


def _at_or_above(buckets: Sequence[Bucket], limit: timedelta) -> Bucket | None:
    """Whatever exceeds it exceeds the limit for certain."""
    wanted = limit / timedelta(milliseconds=1)
    return next((bucket for bucket in buckets if bucket.milliseconds >= wanted), None)


def _compared(metric: Metric, durations: Durations, errors_margin: float | None) -> Iterator[Boundary]:
    share = float(SLOWEST[metric.title])
    times = 1 + float(metric.max_increase or 0)
    allowed = _ERRORS_MARGIN if errors_margin is None else errors_margin
    for place in _around(share, durations):
        le, margin = durations.buckets[place].le, _margin(durations, place, times, allowed)
        if margin is None:
            ignored = _with_errors(metric, durations, errors_margin)
            yield Boundary(metric=metric.title, le=le, margin=LARGEST_MARGIN, ignore_below=ignored)
        else:
            yield Boundary(metric=metric.title, le=le, margin=margin)


def _around(share: float, durations: Durations) -> Iterator[int]:
    """The places of the last boundary that this share of the good ones exceeds, and of the first that it does not."""
    well = durations.requests - durations.failed
    exceeds = [bucket.slow - durations.failed >= share * well for bucket in durations.buckets]
    if True in exceeds:
        yield len(exceeds) - 1 - exceeds[::-1].index(True)
    if False in exceeds:
        yield exceeds.index(False)


def _margin(durations: Durations, place: int, times: float, allowed: float) -> float | None:
    """How much oftener this boundary is exceeded when everything takes so many times as long, errors included.

    With S the rate above the boundary, ε that of errors: [ (S − ε) · times^slope + ε · allowed ] / S. None: too few
    are slow for their rate to be known.
    """
    every = durations.buckets[place].slow
    slow = every - durations.failed
    if slow < FEWEST_SLOW or slow < SMALLEST_RATE * durations.requests:
        return None
    slower: float = times ** _slope(durations, place)
    return min((slow * slower + durations.failed * allowed) / every, LARGEST_MARGIN)


def _slope(durations: Durations, place: int) -> float:
    """How fast the rate of slow requests falls here: −d ln S / d ln u, the larger of the two sides.

    Most durations fall ever faster, so the side beyond is the steeper one, and bounds the slope between. Where hardly
    anything is beyond, its slope can't be known.
    """
    before = _fall(durations, place - 1) if place > 0 else 0.0
    if place + 1 == len(durations.buckets):
        return _STEEPER * before
    beyond = durations.buckets[place + 1].slow - durations.failed
    return max(before if beyond >= FEWEST_SLOW else _STEEPER * before, _fall(durations, place))


def _fall(durations: Durations, place: int) -> float:
    """Between this boundary and the next."""
    left, right = durations.buckets[place], durations.buckets[place + 1]
    slow = [max(bucket.slow - durations.failed, 0.5) for bucket in (left, right)]
    return log(slow[0] / slow[1]) / log(right.milliseconds / left.milliseconds)


def span_of(le: str) -> timedelta:
    """The boundary that a label means."""
    return timedelta(milliseconds=float(le))
