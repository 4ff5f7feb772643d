"""How many times as often the canary fails. Counts wait for a few looks, as weighing every ratio costs more."""

from canary_operator.api.evidence import Arms, Ratio
from canary_operator.core.evidence.interval import Interval, advance, interval
from canary_operator.core.evidence.sums import both

EVERY = 10
"""Looks whose counts are added up before they are weighed."""
_DIGITS = 6
"""A log-likelihood is kept this exactly: no bound moves by it, and the status is a third smaller."""


def counted(ratio: Ratio, stratum: Arms, phi: float) -> Ratio:
    """One look later, under the same weight as those that wait."""
    later = Ratio(ratio.lattice, both(ratio.waiting, stratum), ratio.looks + 1)
    return settled(later, phi) if later.looks >= EVERY else later


def settled(ratio: Ratio, phi: float) -> Ratio:
    """Nothing waits any more; due before the weight changes, for counts of different weights must not be added up."""
    if not ratio.looks:
        return ratio
    weighed = advance(ratio.lattice, ratio.waiting, phi)
    return Ratio(lattice=tuple(round(likelihood, _DIGITS) for likelihood in weighed))


def known(ratio: Ratio, phi: float) -> Interval:
    """With what waits."""
    return interval(advance(ratio.lattice, ratio.waiting, phi))
