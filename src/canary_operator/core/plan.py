"""The beginning of a run: what is pinned, and what it is called."""

from datetime import datetime, timedelta
from fractions import Fraction

from canary_operator.api.mirror import Mirror
from canary_operator.api.rollout import Spec, Stage
from canary_operator.api.status import Plan, Run, Status
from canary_operator.core.chosen import is_dark
from canary_operator.core.evidence.judge import Terms, begin
from canary_operator.core.metric_terms import baseline_limit, judged

_WHOLE = Fraction(1)
_WINDOW = 0.3
"""So much of a stage is one window of the gauges: three of them end before it does, however late the first begins."""


def pinned_plan(spec: Spec) -> Plan:
    """The stages as asked, with a final one at 100 % where the user's end below it."""
    stages = spec.stages
    if stages[-1].weight < _WHOLE:
        stages = (*stages, Stage(weight=_WHOLE, duration=timedelta(0)))
    drain = timedelta(0) if spec.workload is None else spec.workload.drain
    return Plan(
        stages=stages,
        analysis=spec.analysis,
        max_duration=spec.max_duration,
        drain=drain,
        matches=spec.traffic.canary_matches or (),
        match_service=spec.traffic.match_service,
        bucket=spec.traffic.canary_bucket,
        cookie=None if spec.traffic.stickiness is None else spec.traffic.stickiness.cookie,
        mirror=spec.traffic.mirror or Mirror(),
        on_drift=spec.traffic.on_drift,
    )


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
    """What the judge is told; the run must have its metrics measured.

    Whoever gets the canary in a dark launch is no random sample, so all of it is judged as a warm-up is, and so is the
    time in which the stage after it is prepared. What is judged while requests are mirrored are the copies.
    """
    if run.pinned is None:
        raise AssertionError("a run is judged only after its metrics were measured")
    analysis, stage = run.plan.analysis, present_stage(run)
    dark = run.weight == 0 and (run.matched or is_dark(stage))
    return Terms(
        metrics=judged(analysis.metrics, run.pinned.boundaries, run.pinned.pods),
        baseline_limit=baseline_limit(analysis.metrics),
        look=run.pinned.scrape * analysis.scrapes_per_look,
        warmup=run.plan.stages[0].duration if dark else analysis.warmup,
        planned=sum((each.duration for each in run.plan.stages if not is_dark(each)), timedelta()),
        window=stage.duration * _WINDOW,
        compared_stages=sum(0 < each.weight < _WHOLE for each in run.plan.stages),
        dark=dark,
        mirror=None if stage.mirror is None or run.mirror is None else float(run.mirror),
    )


def present_stage(run: Run) -> Stage:
    """The stage that runs or is being prepared."""
    return run.plan.stages[run.stage - 1]


def is_last(run: Run) -> bool:
    return run.stage == len(run.plan.stages)
