"""A baseline that fails by itself: nobody can be judged beside it."""

from canary_operator.api.evidence import Bin, Counts

WIDTH = 10.0
"""Seconds of one bin."""
SPAN = 60.0
"""Seconds that are remembered before the present bin."""
FEWEST = 20
"""Requests below which nothing is said."""


def remember(bins: tuple[Bin, ...], baseline: Counts, at: float) -> tuple[Bin, ...]:
    """The last minute of the baseline with one more stratum, which ended at this time (Unix seconds)."""
    start = at // WIDTH * WIDTH
    recent = [old for old in bins if start - SPAN <= old.at < start]
    same = [old for old in bins if old.at == start]
    requests = baseline.requests + sum(old.requests for old in same)
    bad = baseline.bad + sum(old.bad for old in same)
    return (*recent, Bin(at=start, requests=requests, bad=bad))


def last_minute(bins: tuple[Bin, ...]) -> Counts:
    """The remembered bins together."""
    return Counts(requests=sum(old.requests for old in bins), bad=sum(old.bad for old in bins))


def burns(bins: tuple[Bin, ...], limit: float) -> bool:
    """The baseline failed more than the limit in the last minute."""
    last = last_minute(bins)
    return last.requests >= FEWEST and last.bad > limit * last.requests
