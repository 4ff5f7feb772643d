"""How many times worse than the baseline the canary is: a confidence interval that holds at all looks at once."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf, log

from canary_operator.api.evidence import Arms

STEP = 1.25
"""The ratios that are weighed are powers of this number."""
LOWEST, HIGHEST = -40, 60
"""The first and the last power: ratios from one in 7500 to 650 000."""
RATIOS = tuple(STEP**power for power in range(LOWEST, HIGHEST + 1))
_LOGARITHMS = tuple(log(ratio) for ratio in RATIOS)
_ALTERNATIVES = (1, 2, 3, 5, 7, 10, 15, 31)
"""Powers of STEP by which the alternatives to a ratio are away from it: 1.25 times to 1000 times."""
_MISSES = 0.025
"""The chance that the ratio is ever outside, on each side."""
_ENOUGH = len(_ALTERNATIVES) / _MISSES
_LARGEST_EXPONENT = 700.0
"""Its exponential is still a number."""

Lattice = tuple[float, ...]
"""The log-likelihood of each ratio in RATIOS, that of 1 being 0. Empty: nothing was seen."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of canary rate / baseline rate: 95 % for the whole run, however often it is looked at."""

    lower: float
    """0: no ratio is too small for what was seen."""
    upper: float
    """Infinite: no ratio is too large for what was seen."""


NOTHING_KNOWN = Interval(0.0, inf)
"""Every ratio is possible."""


def advance(lattice: Lattice, stratum: Arms, phi: float) -> Lattice:
    """One stratum later: each ratio r gains [ e_c ln r − (e_c + e_b) ln( (n_c r + n_b) / (n_c + n_b) ) ] / phi.

    Given the number of bad requests, this is the log-likelihood of their being shared out between the arms as they
    were. Counts of several strata may be added up before only where all of them had the same weight.
    """
    canary, baseline = stratum.canary, stratum.baseline
    bad, every_bad = canary.bad, canary.bad + baseline.bad
    if canary.requests <= 0 or baseline.requests <= 0 or every_bad <= 0:
        return lattice
    share = canary.requests / (canary.requests + baseline.requests)
    rest = 1 - share
    gained = [
        (bad * log_ratio - every_bad * log(share * ratio + rest)) / phi
        for ratio, log_ratio in zip(RATIOS, _LOGARITHMS, strict=True)
    ]
    return tuple(old + new for old, new in zip(lattice, gained, strict=True)) if lattice else tuple(gained)


@lru_cache(maxsize=4096)
def interval(lattice: Lattice) -> Interval:
    """The ratios that no bet has refuted.

    The log-likelihood is concave in ln r. So a bet on ratios m times larger refutes every ratio below one that it
    refutes, a bet on smaller ones every ratio above, and both ends can be searched by halving.
    """
    if not lattice:
        return NOTHING_KNOWN
    places = range(len(lattice))
    lower = bisect_left(places, True, key=lambda place: _evidence(lattice, place, 1) < _ENOUGH)
    upper = bisect_left(places, _ENOUGH, key=lambda place: _evidence(lattice, place, -1))
    return Interval(RATIOS[lower - 1] if lower else 0.0, RATIOS[upper] if upper < len(lattice) else inf)


def inverse(ratio: Interval) -> Interval:
    """The baseline's rate over the canary's."""
    return Interval(0.0 if ratio.upper == inf else 1 / ratio.upper, 1 / ratio.lower if ratio.lower else inf)


def _evidence(lattice: Lattice, place: int, direction: int) -> float:
    """The sum of the bets on ratios above (1) or below (−1); an alternative outside the lattice is no bet."""
    held = lattice[place]
    there = (place + direction * power for power in _ALTERNATIVES)
    return sum(exp(min(lattice[at] - held, _LARGEST_EXPONENT)) for at in there if 0 <= at < len(lattice))
