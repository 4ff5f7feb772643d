"""The newest look by itself: one look is never enough to roll back, but a bad one is no reason to go on."""

from canary_operator.api.evidence import Evidence
from canary_operator.api.rollout import Metric
from canary_operator.core.evidence.bounds import FEWEST_ERRORS
from canary_operator.core.evidence.sums import rate
from canary_operator.core.evidence.terms import margin


def is_worse_than_allowed(evidence: Evidence, metric: Metric) -> bool:
    """Counts are compared as they are: chance may do this to a healthy canary, and only costs it another look."""
    canary = evidence.newest.canary
    allowed = _allowed(evidence, metric)
    return canary.bad >= FEWEST_ERRORS and any(rate(canary) > limit for limit in allowed)


def _allowed(evidence: Evidence, metric: Metric) -> list[float]:
    """One rate for each bound that applies to this look."""
    allowed = [] if metric.max is None else [float(metric.max)]
    if evidence.alone is not None:
        allowed.append(evidence.alone.ceiling)
    elif metric.max_increase is not None and evidence.newest.baseline.requests:
        by_baseline = margin(metric) * rate(evidence.newest.baseline)
        allowed.append(max(by_baseline, float(metric.ignore_below)))
    return allowed
