"""What each bound of the metric says so far, behind its gates."""

from dataclasses import dataclass

from canary_operator.api.evidence import Counts, Evidence
from canary_operator.api.rollout import Metric
from canary_operator.core.evidence.bets import e_value
from canary_operator.core.evidence.sums import plus

ALPHA = 0.009
"""The chance that a healthy canary is ever rolled back after its warm-up, over the whole run."""
BOUND = 1 / ALPHA
FEWEST_ERRORS = 3
"""Fewer bad requests never roll back, whatever they are compared with."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """The metric's evidence, and the bounds that speak for harm."""

    e_value: float
    by_comparison: float | None
    by_limit: float | None


def weigh(evidence: Evidence, metric: Metric) -> Weighed:
    """The average over the metric's bounds: one alpha for all of them, valid however they hang together."""
    comparison = _comparison(evidence) if metric.max_increase is not None else None
    limit = _limit(evidence) if metric.max is not None else None
    spoken = [value for value in (comparison, limit) if value is not None]
    return Weighed(sum(spoken) / len(spoken) if spoken else 1.0, comparison, limit)


def gated(value: float, *, passed: bool) -> float:
    """Evidence that has not passed the gates of its own may take away from the others', never add."""
    return value if passed else min(value, 1.0)


def judged_canary(evidence: Evidence) -> Counts:
    """The canary in every judged look of the run."""
    return plus(evidence.compared.canary, evidence.uncompared)


def _comparison(evidence: Evidence) -> float:
    """Against the baseline, and at 100 %, where there is none, against what is blatant.

    The bet on the blatant is made with what the comparison has left, at most 1: it goes on from the same capital, so
    both share one alpha, and suspicion from before does not make the blatant easier to reach.
    """
    compared = e_value(evidence.comparison, evidence.planned)
    material = e_value(evidence.materiality, evidence.planned) >= BOUND
    kept = gated(compared, passed=material and evidence.compared.canary.bad >= FEWEST_ERRORS)
    if evidence.alone is None:
        return kept
    blatant = min(compared, 1.0) * e_value(evidence.alone.test, evidence.planned)
    return max(kept, gated(blatant, passed=evidence.uncompared.bad >= FEWEST_ERRORS))


def _limit(evidence: Evidence) -> float:
    value = e_value(evidence.limit, evidence.planned)
    return gated(value, passed=judged_canary(evidence).bad >= FEWEST_ERRORS)
