"""What could have been found by now: how bad a canary must be for as many requests as were counted to show it."""

from bisect import bisect_left
from collections.abc import Sequence
from math import exp, log, sqrt

from canary_operator.api.evidence import Arms
from canary_operator.core.evidence import limits
from canary_operator.core.evidence.bounds import BOUND, FEWEST_ERRORS, gated
from canary_operator.core.evidence.schedule import FIRST
from canary_operator.core.evidence.terms import Bounds

POWER = 0.8
"""So often a canary of the detectable rate would have been found: 4 times out of 5."""
_QUANTILE = 0.8416
"""The standard normal's 80 % quantile."""
_LARGEST_EXPONENT = 700.0
"""Its exponential is still a number."""

Bets = Sequence[tuple[float, float]]
"""Of each alternative, what one bad request adds to the logarithm of its worth, and what it is without any."""


def detectable(counts: Arms, bounds: Bounds, phi: float, needed: float = BOUND) -> float | None:
    """The smallest steady rate of bad requests, between 0 and 1, that would have been found with POWER by now.

    None: not even a canary that fails everything. The number of bad requests is Poisson and takes at least the fewest
    that are a breach; its mean is then half the 80 % quantile of chi-square with twice as many degrees of freedom, by
    Wilson and Hilferty (The distribution of chi-square, 1931). Where counts scatter phi times wider, a phi-th of them
    is independent.
    """
    fewest = fewest_for_a_breach(counts, bounds, phi, needed)
    if fewest is None:
        return None
    independent = fewest / phi
    spread = 1 / (9 * independent)
    mean = phi * independent * (1 - spread + _QUANTILE * sqrt(spread)) ** 3
    return min(1.0, mean / counts.canary.requests)


def fewest_for_a_breach(counts: Arms, bounds: Bounds, phi: float, needed: float = BOUND) -> int | None:
    """So many bad ones among the canary's requests, spread evenly over the looks, are harm.

    Evenly over many looks is as good as at once: the logarithms add up, and the stake of the first look decides. What
    a later look stakes is left out, so it may really be one fewer. `needed`: the evidence at which it is a breach.
    """
    requests = int(counts.canary.requests)
    if requests < FEWEST_ERRORS:
        return None
    comparison, material = _comparison(counts, bounds, phi), _limit(counts, bounds.ignore_below, phi)
    limit = _limit(counts, bounds.limit, phi)
    spoken = (bounds.margin is not None) + (bounds.limit is not None)

    def breaches(bad: int) -> bool:
        total = _worth(limit, bad) if bounds.limit is not None else 0.0
        if bounds.margin is not None:
            is_material = bounds.ignore_below is None or _worth(material, bad) >= BOUND
            total += gated(_worth(comparison, bad), passed=is_material)
        return total >= needed * spoken

    fewest = bisect_left(range(requests + 1), True, lo=FEWEST_ERRORS, key=breaches)
    return fewest if fewest <= requests else None


def _comparison(counts: Arms, bounds: Bounds, phi: float) -> Bets:
    """The bets of `core.evidence.counts`, as lines over the canary's bad requests."""
    allowed, beside = counts.canary.requests * bounds.times, counts.baseline.requests
    if bounds.margin is None or not allowed or not beside:
        return ()
    shares = [(log(m), log((allowed + beside) / (allowed * m + beside))) for m in bounds.alternatives]
    return [((log_m + share) / phi, counts.baseline.bad * share / phi) for log_m, share in shares]


def _limit(counts: Arms, limit: float | None, phi: float) -> Bets:
    """The bets of `core.evidence.limits`, likewise."""
    if limit is None:
        return ()
    requests = counts.canary.requests
    return [((if_bad - if_good) / phi, requests * if_good / phi) for if_bad, if_good in limits.odds(limit)]


def _worth(bets: Bets, bad: int) -> float:
    """The evidence when the first look's stake was spread over these bets; 1 without any."""
    if not bets:
        return 1.0
    grown = sum(exp(min(slope * bad + start, _LARGEST_EXPONENT)) for slope, start in bets)
    return FIRST * grown / len(bets) + 1 - FIRST
