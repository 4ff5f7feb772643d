"""The beginning of a run: what is pinned, and what it is called."""

from datetime import datetime, timedelta
from fractions import Fraction

from canary_operator.api.rollout import Spec, Stage
from canary_operator.api.status import Plan, Run, Status
from canary_operator.core.evidence.judge import Terms, begin
from canary_operator.core.metric_terms import baseline_limit, judged

_WHOLE = Fraction(1)


def pinned_plan(spec: Spec) -> Plan:
    """The stages as asked, with a final one at 100 % where the user's end below it."""
    stages = spec.stages
    if stages[-1].weight < _WHOLE:
        stages = (*stages, Stage(weight=_WHOLE, duration=timedelta(0)))
    drain = timedelta(0) if spec.workload is None else spec.workload.drain
    return Plan(stages=stages, analysis=spec.analysis, max_duration=spec.max_duration, drain=drain)


def new_run(status: Status, spec: Spec, revision: str, base_replicas: int, now: datetime) -> Run:
    """A run for this revision; its id is derived, so that deciding twice gives the same id."""
    return Run(
        id=f"{revision[:10]}-{status.runs + 1}",
        revision=revision,
        plan=pinned_plan(spec),
        base_replicas=base_replicas,
        weight=Fraction(0),
        started_at=now,
        evidence=begin(),
    )


def terms(run: Run) -> Terms:
    """What the judge is told; the run must have its metrics measured."""
    if run.pinned is None:
        raise AssertionError("a run is judged only after its metrics were measured")
    analysis = run.plan.analysis
    return Terms(
        metrics=judged(analysis.metrics, run.pinned.boundaries),
        baseline_limit=baseline_limit(analysis.metrics),
        look=run.pinned.scrape * analysis.scrapes_per_look,
        warmup=analysis.warmup,
        planned=sum((stage.duration for stage in run.plan.stages), timedelta()),
    )


def present_stage(run: Run) -> Stage:
    """The stage that runs or is being prepared."""
    return run.plan.stages[run.stage - 1]


def is_last(run: Run) -> bool:
    return run.stage == len(run.plan.stages)
