from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from canary_operator.api.report import Happening
from canary_operator.api.status import Outcome, PastRun, State, Status
from canary_operator.core.actions import Action, Announce
from canary_operator.core.decide import Decision
from canary_operator.core.findings import Finding
from canary_operator.core.report.progress import advanced, begun, ended, is_worth_keeping, joined
from canary_operator.core.transitions import Event
from tests.doubles.memory import NOON
from tests.doubles.reports import a_course, a_point, a_report
from tests.doubles.worlds import a_run, at_stage

STAGED = Status(state=State.STAGED, run=at_stage(), observed_weight="4.8%", stable_revision="v1")


def a_decision(status: Status, *actions: Action, reason: str = "StageRunning", message: str = "so far") -> Decision:
    return Decision(actions, status, Finding(Event.WAITED, reason, message), None, status)


def with_run(status: Status, **changes: Any) -> Status:
    assert status.run is not None
    return status.model_copy(update={"run": status.run.model_copy(update=changes)})


def looked(status: Status, second: float) -> Status:
    assert status.run is not None
    return with_run(status, evidence=status.run.evidence.model_copy(update={"at": NOON + timedelta(seconds=second)}))


def test_a_report_begins_with_the_plan() -> None:
    """Who, what, from where, and which stages."""
    run = at_stage()
    report = begun("shop", "checkout", STAGED, run)
    assert (report.run, report.revision, report.stable_revision) == (run.id, "v2", "v1")
    assert report.stages == run.plan.stages
    assert report.outcome is None


def test_a_look_is_a_point_and_no_event() -> None:
    """With weight and observed share; a pass without a new look adds nothing."""
    report = begun("shop", "checkout", STAGED, at_stage())
    after = looked(STAGED, 5)
    report = advanced(report, STAGED, a_decision(after), NOON)
    assert advanced(report, after, a_decision(after), NOON) is report
    (point,) = report.points
    assert (point.at, point.stage, point.weight, point.observed, point.marks) == (NOON, 1, 0.05, 0.048, False)
    assert report.events == ()


def test_looks_without_traffic_are_no_points() -> None:
    """There is nothing to see of a canary that gets ready."""
    waiting = with_run(STAGED, weight=Fraction(0))
    report = begun("shop", "checkout", waiting, at_stage())
    assert advanced(report, waiting, a_decision(looked(waiting, 5)), NOON) is report


def test_what_people_are_told_stands_in_the_report() -> None:
    """Without the run's name, which the report has in its title, and with a point that stays."""
    run = at_stage()
    report = begun("shop", "checkout", STAGED, run)
    told = Announce("StageStarted", f"run {run.id}: stage 1 of 3")
    report = advanced(report, STAGED, a_decision(STAGED, told), NOON)
    assert report.events == (Happening(at=NOON, state="Staged", reason="StageStarted", message="stage 1 of 3"),)
    assert report.points[0].marks


def test_a_state_that_changes_silently_is_told_too() -> None:
    """By what the pass had found."""
    cleaning = with_run(STAGED, outcome=Outcome.ABORTED, reason="Aborted", message="by hand").model_copy(
        update={"state": State.CLEANING}
    )
    report = advanced(begun("shop", "checkout", STAGED, at_stage()), STAGED, a_decision(cleaning), NOON)
    assert [(event.state, event.message) for event in report.events] == [("Cleaning", "so far")]
    assert (report.outcome, report.reason, report.verdict) == (Outcome.ABORTED, "Aborted", "by hand")


def test_stages_states_and_verdicts_are_worth_keeping_and_looks_are_not() -> None:
    """A report is written a few times in a run."""
    assert not is_worth_keeping(STAGED, looked(STAGED, 5))
    assert is_worth_keeping(STAGED, with_run(STAGED, stage=2))
    assert is_worth_keeping(STAGED, with_run(STAGED, outcome=Outcome.PROMOTED))
    assert is_worth_keeping(STAGED, STAGED.model_copy(update={"state": State.PROMOTING}))
    assert is_worth_keeping(Status(state=State.RESTING), Status(state=State.PREPARING, run=a_run()))


def test_the_end_is_told_as_history_has_it() -> None:
    """The longer message of the verdict is kept where it is the same."""
    past = PastRun(
        id="0ffc804682-3",
        revision="v2",
        outcome=Outcome.ROLLED_BACK,
        reason="Harm",
        message="cut",
        started_at=NOON,
        ended_at=NOON + timedelta(minutes=3),
    )
    over = Status(history=(past,))
    report = ended(a_report(ended_at=None), over, NOON)
    assert (report.ended_at, report.verdict) == (past.ended_at, a_report().verdict)
    assert ended(a_report(outcome=None), over, NOON).verdict == "cut"
    assert ended(a_report(outcome=None, ended_at=None), Status(), NOON).ended_at == NOON


def test_two_processes_make_one_report() -> None:
    """Each point and event once, in order, however much both saw."""
    points = a_course(10, 0.5)
    one, other = (Happening(at=NOON, state="Staged", reason=reason, message="") for reason in ("A", "B"))
    earlier = a_report(points[:6], events=(one,))
    later = a_report(points[4:], events=(one, other), metrics=(), taken_back_after=None)
    whole = joined(earlier, later)
    assert whole.points == points
    assert whole.events == (one, other)
    assert whole.metrics == earlier.metrics
    assert whole.taken_back_after == earlier.taken_back_after


def test_a_process_that_saw_nothing_yet_keeps_what_was_written() -> None:
    """Its first pass may be the verdict."""
    earlier = a_report([replace(a_point(5), marks=True)])
    assert joined(earlier, a_report()).points == earlier.points
