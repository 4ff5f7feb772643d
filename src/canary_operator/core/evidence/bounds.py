"""What each bound of a counted quantity says so far, behind its gates."""

from canary_operator.api.evidence import Counts, Tally
from canary_operator.core.evidence.bets import e_value
from canary_operator.core.evidence.sums import plus
from canary_operator.core.evidence.terms import ALPHA, Bounds

BOUND = 1 / ALPHA
FEWEST_ERRORS = 3
"""Fewer bad requests never roll back, whatever they are compared with."""


def weigh(tally: Tally, bounds: Bounds) -> float:
    """The evidence, as an average over the bounds: one alpha for all of them, valid however they hang together."""
    if bounds.margin is None:
        return 1.0 if bounds.limit is None else _limit(tally)
    comparison = _comparison(tally, material=bounds.ignore_below is None)
    return comparison if bounds.limit is None else (comparison + _limit(tally)) / 2


def gated(value: float, *, passed: bool) -> float:
    """Evidence that has not passed the gates of its own may take away from the others', never add."""
    return value if passed else min(value, 1.0)


def judged_canary(tally: Tally) -> Counts:
    """The canary in every judged look of the run."""
    return plus(tally.compared.canary, tally.uncompared)


def _comparison(tally: Tally, *, material: bool) -> float:
    """Against the baseline, and at 100 %, where there is none, against what is blatant.

    The bet on the blatant is made with what the comparison has left, at most 1: it goes on from the same capital, so
    both share one alpha, and suspicion from before does not make the blatant easier to reach. `material`: any rate is.
    """
    compared = e_value(tally.comparison, tally.planned)
    material = material or e_value(tally.materiality, tally.planned) >= BOUND
    kept = gated(compared, passed=material and tally.compared.canary.bad >= FEWEST_ERRORS)
    if tally.alone is None:
        return kept
    blatant = min(compared, 1.0) * e_value(tally.alone.test, tally.planned)
    return max(kept, gated(blatant, passed=tally.uncompared.bad >= FEWEST_ERRORS))


def _limit(tally: Tally) -> float:
    value = e_value(tally.limit, tally.planned)
    return gated(value, passed=tally.compared.canary.bad + tally.uncompared.bad >= FEWEST_ERRORS)
