"""A baseline that fails by itself: nobody can be judged beside it."""

from canary_operator.api.evidence import Bin, Counts
from canary_operator.core.evidence.sums import total

WIDTH = 10.0
"""Seconds of one bin."""
SPAN = 60.0
"""Seconds that are remembered before the present bin."""
FEWEST = 20
"""Requests below which nothing is said."""


def remember(bins: tuple[Bin, ...], baseline: Counts, at: float) -> tuple[Bin, ...]:
    """The last minute of the baseline with one more stratum, which ended at this time (Unix seconds)."""
    start = at // WIDTH * WIDTH
    requests, bad, recent = baseline.requests, baseline.bad, []
    for old in bins:
        if old.at == start:
            requests, bad = requests + old.requests, bad + old.bad
        elif start - SPAN <= old.at < start:
            recent.append(old)
    return (*recent, Bin(start, requests, bad))


def last_minute(bins: tuple[Bin, ...]) -> Counts:
    """The remembered bins together."""
    return total(bins)


def burns(bins: tuple[Bin, ...], limit: float) -> bool:
    """The baseline failed more than the limit in the last minute."""
    last = last_minute(bins)
    return last.requests >= FEWEST and last.bad > limit * last.requests
