"""What each metric said in a run: how near to harm it was, its last sentence, or why it could not be judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from canary_operator.api.evidence import Evidence, Streak
from canary_operator.backtest.looks import Looks
from canary_operator.core.evidence.gauge_words import too_few_pods
from canary_operator.core.evidence.gauges import level
from canary_operator.core.evidence.judge import Judgement
from canary_operator.core.evidence.range_words import of_numbers
from canary_operator.core.evidence.sentence import judged_counts, of_metric
from canary_operator.core.evidence.terms import Judged, Terms
from canary_operator.core.evidence.together import Metric, Together, together

_ALMOST = 0.999
"""A comparison of pods that did not find harm did not find it, however near it was."""
_RAREST = 1e-300
_NO_WINDOW = "no window ended in which its pods were to be compared; each is three tenths of a stage"
_IN_THE_WARM_UP = "the run ended in its warm-up, in which only what fails is judged"


@dataclass(frozen=True, slots=True)
class Found:
    """One metric in one run."""

    name: str
    trace: tuple[float, ...]
    """After each look how much of what is harm by itself was reached."""
    sentence: str
    missing: str = ""
    """Why it could not be judged; empty where it was."""


def nearness(evidence: Evidence, terms: Terms, verdict: Judgement) -> dict[str, float]:
    """How much of what is harm by itself each metric has reached; from 1 on it is. In the warm-up only errors count."""
    if _warms_up(evidence):
        part = verdict.e_value / verdict.bound
        return {one.name: part if _are_errors(one) else 0.0 for one in terms.metrics}
    seen = together(evidence, terms)
    return {one.judged.name: max(_near(one, seen, evidence, terms), default=0.0) for one in seen.metrics}


def found(
    evidence: Evidence, terms: Terms, looks: Looks, span: tuple[datetime, datetime], verdict: Judgement
) -> tuple[Found, ...]:
    """Each metric at the end of a run, without its trace. `span`: from its beginning to its end."""
    seen = together(evidence, terms)
    return tuple(_found(one, seen, evidence, looks, span, verdict) for one in seen.metrics)


def _found(  # noqa: PLR0913, PLR0917 -- all that was known
    metric: Metric,
    seen: Together,
    evidence: Evidence,
    looks: Looks,
    span: tuple[datetime, datetime],
    verdict: Judgement,
) -> Found:
    name = metric.judged.name
    if _warms_up(evidence):
        errors = _are_errors(metric.judged)
        return Found(name, (), verdict.sentence if errors else "", "" if errors else _IN_THE_WARM_UP)
    lacking = _lacking(metric, _streak(evidence, name))
    missing = looks.refused.get(name) or looks.complaint(name, *span) or lacking if lacking else ""
    return Found(name, (), _sentence(metric, seen, evidence), missing)


def _near(metric: Metric, seen: Together, evidence: Evidence, terms: Terms) -> Iterator[float]:
    if metric.tracks:
        yield metric.e_value / seen.needed(metric)
    if metric.gauge is not None and metric.gauge.broken:
        yield 1.0
    elif metric.gauge is not None and (compared := metric.gauge.newest) is not None:
        yield min(level(metric.judged, terms) / max(compared.chance, _RAREST), _ALMOST)
    wanted, streak = metric.judged.range, _streak(evidence, metric.judged.name)
    if wanted is not None and streak is not None:
        yield streak.outside / wanted.failures


def _sentence(metric: Metric, seen: Together, evidence: Evidence) -> str:
    said = []
    if metric.judged.range is not None:
        said.append(f"{of_numbers(metric.judged, _streak(evidence, metric.judged.name))}.")
    if metric.judged.has_evidence:
        said.append(of_metric(metric, seen.needed(metric)))
    return " ".join(said)


def _lacking(metric: Metric, streak: Streak | None) -> str:
    """What kept it from being judged; empty where nothing did."""
    if metric.gauge is not None and metric.gauge.newest is None:
        seen = metric.gauge.canary_pods or metric.gauge.baseline_pods
        return too_few_pods(metric.gauge) if seen else _NO_WINDOW
    if metric.judged.range is not None:
        return "" if streak is not None and streak.canary is not None else "there is no number of the canary"
    if metric.gauge is not None:
        return ""
    if not metric.tracks:
        return "the half hour before has fewer than 100 requests of the baseline, or their durations say too little"
    arms = [judged_counts(one) for one in metric.tracks]
    if not any(one.canary.requests for one in arms):
        return "nothing of it was counted of the canary"
    return ""


def _are_errors(judged: Judged) -> bool:
    return any(not track.key for track in judged.tracks)


def _streak(evidence: Evidence, name: str) -> Streak | None:
    return next((one for one in evidence.streaks if one.key == name), None)


def _warms_up(evidence: Evidence) -> bool:
    return not evidence.warm or evidence.warmup is not None
