"""How much wider than independent requests an arm's errors scatter: phi, from what the baseline did before the run.

Errors come in company: one lost connection fails thirty calls, one failing request is tried three times. Whoever takes
them for independent rolls healthy canaries back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

from canary_operator.api.evidence import Counts

LARGEST = 10.0
"""One incident before the run could make phi 5000, and with it hide a canary that fails everything."""
_MANY_ERRORS = 15
"""With so many bad requests in a typical pair of neighbours the median is used, which common spikes can't move."""
_MEDIAN_OF_CHI_SQUARE = 0.455
"""The median of chi-square with one degree of freedom."""
_QUANTILE = 2.3263
"""The standard normal's 99 % quantile."""
_PAIRS_PER_DEGREE = 1.5
"""Each step is in two pairs, so pairs are not independent."""
_MEDIAN_PAIRS_PER_DEGREE = 4.0
"""A median of squares scatters more than their mean."""
_RETURNED = 10.0
"""A step with so many times the usual requests is none: counters that were away have come back with their past."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two neighbouring steps."""

    square: float
    """How far the later one's errors are from its part of the pair's requests, squared."""
    variance: float
    """What independent errors would give."""
    errors: float


def dispersion(steps: Sequence[Counts]) -> float:
    """Phi, from 1 to LARGEST; 1 as long as the steps may well be independent.

    Neighbouring steps are compared, each step some seconds of one arm: given their t bad requests, the later one gets
    its share f of the requests, t·f on average, with variance t·f·(1 − f). The mean of the squares over that is phi
    (Pearson's statistic; McCullagh and Nelder, Generalized Linear Models, 1989, section 4.5), or where there are many
    errors the median. It counts only above the 99 % quantile of what chance would make of it.
    """
    pairs = [pair for pair in map(_pair, *_neighbours(steps)) if pair.variance > 0]
    if not pairs:
        return 1.0
    if median(pair.errors for pair in pairs) >= _MANY_ERRORS:
        estimate = median(pair.square / pair.variance for pair in pairs) / _MEDIAN_OF_CHI_SQUARE
        degrees = len(pairs) / _MEDIAN_PAIRS_PER_DEGREE
    else:
        estimate = sum(pair.square for pair in pairs) / sum(pair.variance for pair in pairs)
        degrees = len(pairs) / _PAIRS_PER_DEGREE
    return min(estimate, LARGEST) if estimate > by_chance(degrees) else 1.0


def by_chance(degrees: float) -> float:
    """The 99 % quantile of chi-square over its degrees of freedom (Wilson and Hilferty, 1931)."""
    spread = 2 / (9 * degrees)
    return float((1 - spread + _QUANTILE * sqrt(spread)) ** 3)


def _neighbours(steps: Sequence[Counts]) -> tuple[Sequence[Counts], Sequence[Counts]]:
    served = [step for step in steps if step.requests > 0]
    usual = median(step.requests for step in served) if served else 0.0
    kept = [step for step in served if step.requests <= _RETURNED * usual]
    return kept[:-1], kept[1:]


def _pair(earlier: Counts, later: Counts) -> _Pair:
    errors = earlier.bad + later.bad
    share = later.requests / (earlier.requests + later.requests)
    return _Pair((later.bad - errors * share) ** 2, errors * share * (1 - share), errors)
