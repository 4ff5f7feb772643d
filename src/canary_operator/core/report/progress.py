"""From pass to pass: what a run's report learns of each."""

from datetime import datetime

from canary_operator.api.quantities import parse_percentage
from canary_operator.api.report import Happening, Point, RunReport
from canary_operator.api.status import Run, State, Status
from canary_operator.core.actions import Announce
from canary_operator.core.chosen import carries
from canary_operator.core.decide import Decision
from canary_operator.core.report.observe import judged, measured
from canary_operator.core.report.observe_numbers import numbers
from canary_operator.core.report.timeline import MOST_POINTS, appended, thinned, told

_MESSAGE = 1024


def begun(namespace: str, name: str, status: Status, run: Run) -> RunReport:
    """Of a run of which nothing is known yet but its plan."""
    return RunReport(
        namespace=namespace,
        name=name,
        run=run.id,
        revision=run.revision,
        images=run.images,
        stable_revision=status.stable_revision,
        stable_images=status.stable_images,
        stages=run.plan.stages,
        started_at=run.started_at,
    )


def advanced(report: RunReport, before: Status, decision: Decision, now: datetime) -> RunReport:
    """One pass later, of the run that is in progress after it; a point for each look with traffic and each event."""
    after, finding = decision.status, decision.finding
    run = after.run
    if run is None:
        raise AssertionError(f"run {report.run} is not in progress any more")
    events = _happened(before, decision, now)
    changes: dict[str, object] = {}
    if events or _looked(before.run, run):
        changes["points"] = appended(report.points, _point(after, run, now, marks=bool(events)))
    if events:
        every = report.events
        for event in events:
            every = told(every, event)
        changes["events"] = every
    if is_worth_keeping(before, after):
        changes |= {"metrics": judged(run) or report.metrics, "outcome": run.outcome}
        changes |= {"reason": run.reason or finding.reason, "verdict": run.message or finding.message}
    return report.model_copy(update=changes) if changes else report


def ended(report: RunReport, after: Status, now: datetime) -> RunReport:
    """The run is over, and the status says how; one that ended without a word is not given an outcome here."""
    past = next((past for past in after.history if past.id == report.run), None)
    if past is None:
        return report.model_copy(update={"ended_at": now})
    verdict = report.verdict if report.outcome is past.outcome else past.message
    changes = {"outcome": past.outcome, "reason": past.reason, "verdict": verdict, "ended_at": past.ended_at}
    return report.model_copy(update=changes)


def is_worth_keeping(before: Status, after: Status) -> bool:
    """A stage or a state began, or the verdict was reached: looks alone are not written down."""
    return _place(before) != _place(after)


def joined(earlier: RunReport, report: RunReport) -> RunReport:
    """What another process wrote about the same run, and what this one has seen since."""
    first = report.points[0].at if report.points else report.started_at
    points = (*(point for point in earlier.points if not report.points or point.at < first), *report.points)
    known = set(earlier.events)
    events = earlier.events
    for event in report.events:
        events = events if event in known else told(events, event)
    changes = {
        "points": thinned(points, MOST_POINTS),
        "events": events,
        "metrics": report.metrics or earlier.metrics,
        "taken_back_after": report.taken_back_after or earlier.taken_back_after,
    }
    return report.model_copy(update=changes)


def _place(status: Status) -> tuple[object, ...]:
    run = status.run
    return (status.state, None, None, None) if run is None else (status.state, run.id, run.stage, run.outcome)


def _looked(before: Run | None, run: Run) -> bool:
    return carries(run) and (before is None or before.evidence.at != run.evidence.at)


def _point(status: Status, run: Run, now: datetime, *, marks: bool) -> Point:
    observed = None if status.observed_weight is None else float(parse_percentage(status.observed_weight))
    return Point(now, run.stage, float(run.weight), observed, measured(run), marks, numbers(run))


def _happened(before: Status, decision: Decision, now: datetime) -> tuple[Happening, ...]:
    """What people were told, and where nothing was said the state's change itself."""
    after, finding = decision.status, decision.finding
    said = [(action.reason, action.message) for action in decision.actions if isinstance(action, Announce)]
    if not said and before.state is not after.state:
        said = [(finding.reason, finding.message)]
    run = "" if after.run is None else f"run {after.run.id}: "
    return tuple(_happening(after.state, reason, message.removeprefix(run), now) for reason, message in said)


def _happening(state: State, reason: str, message: str, now: datetime) -> Happening:
    return Happening(at=now, state=state, reason=reason, message=message[:_MESSAGE])
