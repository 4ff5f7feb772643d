"""The seam between the report and the judge: all that a report takes from evidence is taken here."""

from canary_operator.api.evidence import Counts, WarmUp
from canary_operator.api.report import Count, Judged, Measured
from canary_operator.api.status import Run
from canary_operator.core.evidence.detectable import detectable
from canary_operator.core.evidence.judge import judge
from canary_operator.core.evidence.sentence import judged_counts, of_metric
from canary_operator.core.evidence.sums import rate
from canary_operator.core.evidence.together import Metric, Seen, Together, together
from canary_operator.core.plan import terms


def measured(run: Run) -> tuple[Measured, ...]:
    """Numbers of each metric at this moment; none before the metrics were measured."""
    if run.pinned is None:
        return ()
    if _warms_up(run):
        return (_warming(run),)
    seen = together(run.evidence, terms(run))
    return tuple(_measured(seen, one, one.tracks[0]) for one in seen.metrics if one.tracks)


def judged(run: Run) -> tuple[Judged, ...]:
    """Each metric in words."""
    if run.pinned is None:
        return ()
    if _warms_up(run):
        return (Judged(name=_first_name(run), sentence=judge(run.evidence, terms(run)).sentence),)
    seen = together(run.evidence, terms(run))
    return tuple(_judged(seen, one) for one in seen.metrics)


def _judged(seen: Together, metric: Metric) -> Judged:
    sentence = of_metric(metric, seen.needed(metric))
    worst, words = metric.loudest, Judged(name=metric.judged.name, sentence=sentence)
    if worst is None or worst.track.bounds.margin is None or worst.track.exchanged:
        return words
    smallest = detectable(worst.tally.compared, worst.track.bounds, worst.tally.phi, seen.needed(metric))
    usual = rate(worst.tally.compared.baseline)
    ratio = smallest / usual if smallest is not None and usual else None
    return words.model_copy(update={"allowed": worst.track.bounds.margin, "detectable": ratio})


def _measured(seen: Together, metric: Metric, first: Seen) -> Measured:
    """With the counts of the metric's first track: those of one are cumulative, and can be drawn."""
    counts = judged_counts(first)
    return Measured(
        name=metric.judged.name,
        evidence=metric.e_value,
        bound=seen.needed(metric),
        canary=_count(counts.canary),
        baseline=_count(counts.baseline),
        phi=first.tally.phi,
    )


def _warming(run: Run) -> Measured:
    warmup, judgement = run.evidence.warmup or WarmUp(), judge(run.evidence, terms(run))
    return Measured(
        name=_first_name(run),
        evidence=judgement.e_value,
        bound=judgement.bound,
        canary=_count(warmup.counts.canary),
        baseline=_count(warmup.counts.baseline),
        phi=run.evidence.phi,
        warming=True,
    )


def _first_name(run: Run) -> str:
    return run.plan.analysis.metrics[0].title


def _warms_up(run: Run) -> bool:
    return not run.evidence.warm or run.evidence.warmup is not None


def _count(counts: Counts) -> Count:
    return Count(counts.requests, counts.bad)
