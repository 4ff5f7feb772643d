"""One judged look of the run: every test that applies makes its bet."""

from canary_operator.api.evidence import Alone, Arms, Evidence
from canary_operator.api.rollout import Metric
from canary_operator.core.evidence import counts, limits
from canary_operator.core.evidence.bets import bet
from canary_operator.core.evidence.onset import gain, restart
from canary_operator.core.evidence.ratio import counted
from canary_operator.core.evidence.sums import both, plus, rate
from canary_operator.core.evidence.terms import margin
from canary_operator.core.evidence.warmup import BLATANT


def judge_stratum(evidence: Evidence, stratum: Arms, metric: Metric, *, has_baseline: bool) -> Evidence:
    """One look later; the warm-up's own evidence is dropped here."""
    changes: dict[str, object] = {
        "looks": evidence.looks + 1,
        "warmup": None,
        "stage": both(evidence.stage, stratum),
        "newest": stratum if has_baseline else Arms(canary=stratum.canary),
    }
    if metric.max is not None:
        gains = limits.gains(stratum.canary, float(metric.max), evidence.phi)
        changes["limit"] = bet(evidence.limit, gains, evidence.planned)
    changes |= _beside(evidence, stratum, metric) if has_baseline else _alone(evidence, stratum, metric)
    return evidence.model_copy(update=changes)


def _beside(evidence: Evidence, stratum: Arms, metric: Metric) -> dict[str, object]:
    changes: dict[str, object] = {"compared": both(evidence.compared, stratum), **_ratios(evidence, stratum, metric)}
    if metric.max_increase is not None:
        gains = counts.gains(stratum, margin(metric), evidence.phi)
        changes["comparison"] = bet(evidence.comparison, gains, evidence.planned)
        gains = limits.gains(stratum.canary, float(metric.ignore_below), evidence.phi)
        changes["materiality"] = bet(evidence.materiality, gains, evidence.planned)
    return changes


def _ratios(evidence: Evidence, stratum: Arms, metric: Metric) -> dict[str, object]:
    suspicion = restart(evidence.suspicion, gain(stratum, margin(metric), evidence.phi))
    lately = both(evidence.lately, stratum) if suspicion else Arms()
    return {"ratio": counted(evidence.ratio, stratum, evidence.phi), "suspicion": suspicion, "lately": lately}


def _alone(evidence: Evidence, stratum: Arms, metric: Metric) -> dict[str, object]:
    changes: dict[str, object] = {"uncompared": plus(evidence.uncompared, stratum.canary)}
    if metric.max is None:
        alone = evidence.alone or Alone(ceiling=ceiling(evidence, metric))
        gains = limits.gains(stratum.canary, alone.ceiling, evidence.phi)
        changes["alone"] = Alone(ceiling=alone.ceiling, test=bet(alone.test, gains, evidence.planned))
    return changes


def ceiling(evidence: Evidence, metric: Metric) -> float:
    """What is blatant without a baseline: what the baseline would be allowed by its own rate, at least 20 %."""
    return min(1.0, max(BLATANT, margin(metric) * rate(evidence.compared.baseline)))
