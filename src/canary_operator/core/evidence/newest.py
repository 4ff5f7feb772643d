"""The newest look by itself: one look is never enough to roll back, but a bad one is no reason to go on."""

from canary_operator.api.evidence import Tally
from canary_operator.core.evidence.bounds import FEWEST_ERRORS
from canary_operator.core.evidence.sums import rate
from canary_operator.core.evidence.terms import Bounds


def is_worse_than_allowed(tally: Tally, bounds: Bounds) -> bool:
    """Counts are compared as they are: chance may do this to a healthy canary, and only costs it another look."""
    canary = tally.newest.canary
    return canary.bad >= FEWEST_ERRORS and any(rate(canary) > limit for limit in _allowed(tally, bounds))


def _allowed(tally: Tally, bounds: Bounds) -> list[float]:
    """One rate for each bound that applies to this look."""
    allowed = [] if bounds.limit is None else [bounds.limit]
    if tally.alone is not None:
        allowed.append(tally.alone.ceiling)
    elif bounds.margin is not None and tally.newest.baseline.requests:
        allowed.append(max(bounds.margin * rate(tally.newest.baseline), bounds.ignore_below or 0.0))
    return allowed
