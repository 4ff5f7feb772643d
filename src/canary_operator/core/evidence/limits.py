"""One arm against a plain limit: is its rate of bad requests above it?"""

from functools import lru_cache
from math import log

from canary_operator.api.evidence import Counts
from canary_operator.core.evidence.counts import ALTERNATIVES

SMALLEST = 1e-6
"""A limit of 0 is read as one in a million: it has no logarithm, and no test could prove it."""
_NEARLY_ALWAYS = 1000
"""One alternative fails all but a thousandth of what the limit lets through."""


@lru_cache(maxsize=1024)
def odds(limit: float) -> tuple[tuple[float, float], ...]:
    """For each alternative rate q: ln(q / limit) and ln((1 − q) / (1 − limit)). A limit of 1 has no alternative."""
    limit = max(limit, SMALLEST)
    if limit >= 1:
        return ()
    rates = [m * limit for m in ALTERNATIVES if m * limit < 1]
    rates.append(1 - (1 - limit) / _NEARLY_ALWAYS)
    return tuple((log(rate / limit), log((1 - rate) / (1 - limit))) for rate in rates)


def gains(counts: Counts, limit: float, phi: float) -> list[float]:
    """The logarithm by which each bet grows over one stratum: e ln(q/q0) + (n − e) ln((1−q)/(1−q0)), over phi.

    This is the likelihood ratio of rate q to rate q0: 1 in expectation at q0, less below it.
    """
    bad, good = counts.bad, counts.requests - counts.bad
    return [(bad * if_bad + good * if_good) / phi for if_bad, if_good in odds(limit)]
