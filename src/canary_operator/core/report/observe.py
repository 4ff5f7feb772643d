"""The seam between the report and the judge: all that a report takes from evidence is taken here."""

from canary_operator.api.evidence import Arms, Counts
from canary_operator.api.report import Count, Judged, Measured
from canary_operator.api.status import Run
from canary_operator.core.evidence.bounds import judged_canary
from canary_operator.core.evidence.judge import judge
from canary_operator.core.evidence.terms import margin
from canary_operator.core.plan import terms
from canary_operator.core.report.detectable import smallest_detectable


def measured(run: Run) -> tuple[Measured, ...]:
    """Numbers of each metric at this moment; none before the metrics were measured."""
    if run.pinned is None:
        return ()
    evidence, judgement = run.evidence, judge(run.evidence, terms(run))
    seen = _counts(run)
    return (
        Measured(
            name=run.plan.analysis.metrics[0].preset,
            evidence=judgement.e_value,
            bound=judgement.bound,
            canary=_count(seen.canary),
            baseline=_count(seen.baseline),
            phi=evidence.phi,
            warming=_warms_up(run),
        ),
    )


def judged(run: Run) -> tuple[Judged, ...]:
    """Each metric in words."""
    if run.pinned is None:
        return ()
    metric = run.plan.analysis.metrics[0]
    judgement = judge(run.evidence, terms(run))
    words = Judged(name=metric.preset, sentence=judgement.sentence)
    if metric.max_increase is None:
        return (words,)
    allowed = margin(metric)
    detectable = smallest_detectable(_counts(run), allowed, judgement.bound, run.evidence.phi)
    return (words.model_copy(update={"allowed": allowed, "detectable": detectable}),)


def _warms_up(run: Run) -> bool:
    return not run.evidence.warm or run.evidence.warmup is not None


def _counts(run: Run) -> Arms:
    """Those that the verdict rests on."""
    if _warms_up(run):
        return run.evidence.warmup.counts if run.evidence.warmup is not None else Arms()
    return Arms(canary=judged_canary(run.evidence), baseline=run.evidence.compared.baseline)


def _count(counts: Counts) -> Count:
    return Count(counts.requests, counts.bad)
