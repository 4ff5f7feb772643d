"""The canary's first minute of traffic: new pods start cold, so only blatant harm speaks."""

from math import log

from canary_operator.api.evidence import Arms, Evidence, Test, WarmUp
from canary_operator.core.evidence import counts, limits
from canary_operator.core.evidence.bets import bet, e_value
from canary_operator.core.evidence.schedule import planned_looks
from canary_operator.core.evidence.sums import both
from canary_operator.core.evidence.terms import Terms

BLATANT = 0.2
"""A rate that no cold start explains."""
BLATANT_BOUND = 1000.0
"""Evidence at which it is harm: a chance of 0.001 for a healthy canary, beside the run's own."""
LARGEST_GAIN = log(180)
"""The same part of the bound in one look as in the run, so that two looks can be enough here too."""
SMALLEST_MARGIN = 1.5
"""The canary must also be clearly worse than the baseline, or a common incident would count as its own."""


def warm_up(evidence: Evidence, stratum: Arms, seconds: float, terms: Terms, *, has_baseline: bool) -> Evidence:
    """One look of the warm-up; its clock starts with the canary's first request."""
    if evidence.warmup is None and not stratum.canary.requests:
        return evidence
    before = evidence.warmup or WarmUp()
    planned = planned_looks(terms.warmup, terms.look)
    gains = limits.gains(stratum.canary, BLATANT, evidence.phi)
    later = WarmUp(
        seconds=before.seconds + seconds,
        counts=both(before.counts, stratum),
        comparison=_compare(before, stratum, terms, evidence.phi) if has_baseline else before.comparison,
        limit=bet(before.limit, gains, planned, largest=LARGEST_GAIN),
    )
    warm = later.seconds >= terms.warmup.total_seconds() and not terms.dark
    return evidence.model_copy(update={"warmup": later, "warm": warm})


def _compare(before: WarmUp, stratum: Arms, terms: Terms, phi: float) -> Test:
    gains = counts.gains(stratum, max(terms.errors.times, SMALLEST_MARGIN), phi)
    return bet(before.comparison, gains, planned_looks(terms.warmup, terms.look), largest=LARGEST_GAIN)


def blatant(warmup: WarmUp, planned: int) -> float:
    """The evidence of blatant harm: what both tests agree on; the limit alone where there never was a baseline."""
    limit = e_value(warmup.limit, planned)
    return min(limit, e_value(warmup.comparison, planned)) if warmup.comparison.looks else limit
