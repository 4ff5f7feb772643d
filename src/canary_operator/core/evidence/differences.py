"""From cumulative counters to what happened between two scrapes of the same process."""

from math import inf

from canary_operator.api.evidence import Counts
from canary_operator.core.evidence.sample import Counter, SourceSample

NOTHING = Counts()
_RESET = 0.5
"""A counter below half of what it was began again at 0; a smaller drop is a replica slightly behind."""


def readable(seen: SourceSample) -> bool:
    """A source with a number that cannot be a count is not read at all."""
    return _counts(seen.canary) and _counts(seen.baseline)


def _counts(counter: Counter | None) -> bool:
    return counter is None or (0 <= counter.total < inf and 0 <= counter.bad < inf)  # no NaN is either


def read(counter: Counter | None) -> tuple[float, float] | None:
    """The counter as it is kept: there are never more bad requests than requests."""
    if counter is None:
        return None
    total, bad = counter.total, counter.bad
    return float(total), float(bad if bad < total else total)  # noqa: FURB136 - twice as fast as min(), at every look


def difference(old: tuple[float, ...] | None, counter: Counter | None) -> tuple[tuple[float, ...] | None, Counts]:
    """The value to keep, and what was counted since the old one.

    A series that is born counts from 0, because that is where a canary fails that fails at once; one that is absent
    counts nothing and is remembered.
    """
    new = read(counter)
    if new is None:
        return old, NOTHING
    if old is None or new[0] < _RESET * old[0]:
        return new, Counts(*new)
    if new[0] < old[0]:
        return old, NOTHING
    requests, bad = new[0] - old[0], new[1] - old[1]
    if new[1] < _RESET * old[1]:
        bad = new[1]
    elif bad < 0:
        return (new[0], old[1]), Counts(requests=requests)
    return new, Counts(requests, min(bad, requests))
