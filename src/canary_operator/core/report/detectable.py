"""What a run could have shown at all: silence after few requests is no proof of health."""

from math import log

from canary_operator.api.evidence import Arms, Counts
from canary_operator.core.evidence.bounds import FEWEST_ERRORS
from canary_operator.core.evidence.counts import ALTERNATIVES, gains
from canary_operator.core.evidence.schedule import FIRST

LARGEST = 1000.0
_STEPS = 40
_UNSEEN = 0.5
"""So many bad requests are taken for none: a rate of exactly 0 would make everything detectable."""


def smallest_detectable(counts: Arms, margin: float, bound: float, phi: float = 1.0) -> float | None:
    """The smallest ratio of the canary's rate to the baseline's that these requests would have shown.

    Of a canary that is so many times worse from the beginning, the expected counts just reach the bound by the best of
    the bets: an even chance. None where even a canary that fails everything would not have been seen.
    """
    if counts.canary.requests <= 0 or counts.baseline.requests <= 0:
        return None
    rate = max(counts.baseline.bad, _UNSEEN) / counts.baseline.requests

    def shown(ratio: float) -> bool:
        expected = _expected(counts, rate, ratio)
        stake = log(FIRST / len(ALTERNATIVES))
        return expected.canary.bad >= FEWEST_ERRORS and stake + max(gains(expected, margin, phi)) >= log(bound)

    low, high = margin, min(LARGEST, 1 / rate)
    if high <= low or not shown(high):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


def _expected(counts: Arms, rate: float, ratio: float) -> Arms:
    return Arms(
        canary=Counts(requests=counts.canary.requests, bad=counts.canary.requests * rate * ratio),
        baseline=Counts(requests=counts.baseline.requests, bad=counts.baseline.requests * rate),
    )
