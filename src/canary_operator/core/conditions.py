"""How a rollout is doing, as standard tools read it."""

from datetime import datetime, timedelta
from typing import Literal

from canary_operator.api import reasons
from canary_operator.api.status import Condition, Outcome, State, Status
from canary_operator.core.arms import is_past
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event

Kind = Literal["Ready", "Reconciling", "Stalled", "Succeeded"]
Truth = Literal["True", "False", "Unknown"]
_FAILURES = frozenset({Outcome.ROLLED_BACK, Outcome.ABORTED})
_NOT_READY = frozenset({State.OUTSIDE, State.LEAVING})
_MAY_FOLLOW = frozenset(
    {
        reasons.ROUTE_NOT_FOUND,
        reasons.ROUTE_NOT_DELEGATED,
        reasons.WORKLOAD_NOT_FOUND,
        reasons.SERVICE_NOT_FOUND,
    }
)
PATIENCE = timedelta(seconds=30)
"""What one `kubectl apply` brings comes in any order: a reference that is not there yet has failed only after this."""
_MOVING = frozenset({State.PREPARING, State.STAGED, State.PROMOTING, State.STANDING_IN, State.CLEANING, State.LEAVING})


def conditions(status: Status, finding: Finding, generation: int, now: datetime) -> tuple[Condition, ...]:
    """Ready, Reconciling, Stalled and Succeeded; a condition keeps its time while its status stays."""
    before = {condition.type: condition for condition in status.conditions}
    stalled = _stalled(status, finding) and not _may_follow(finding, before.get("Ready"), now)
    moving = not stalled and (status.state in _MOVING or status.state is State.OUTSIDE)
    held = finding.event is Event.HELD
    ready = not stalled and not held and not _failed(status, finding) and status.state not in _NOT_READY
    message = finding.message[:1024]
    truths: tuple[tuple[Kind, Truth, str, str], ...] = (
        ("Ready", _truth(yes=ready), finding.reason, message),
        ("Reconciling", _truth(yes=moving), finding.reason, message),
        ("Stalled", _truth(yes=stalled), finding.reason, message if stalled else ""),
        _succeeded(status),
    )
    return tuple(
        Condition(
            type=kind,
            status=truth,
            reason=why,
            message=text,
            last_transition_time=_since(before.get(kind), truth, now),
            observed_generation=generation,
        )
        for kind, truth, why, text in truths
    )


def _stalled(status: Status, finding: Finding) -> bool:
    """A person must act: what is there can't be shipped or read, or was taken back."""
    if status.state is State.RESTING:
        return finding.event is Event.HELD or _failed(status, finding)
    if status.state is State.STANDING_IN:
        return _failed(status, finding)
    return status.state is State.OUTSIDE and finding.event is Event.HELD


def _may_follow(finding: Finding, ready: Condition | None, now: datetime) -> bool:
    """What the rollout refers to may come a moment after it."""
    long = ready is not None and ready.status == "False" and now - ready.last_transition_time >= PATIENCE
    return finding.reason in _MAY_FOLLOW and not long


def _failed(status: Status, finding: Finding) -> bool:
    """From the pass that decides it on, without a gap: who waits for Ready must not see it in between."""
    if status.run is not None and not is_past(status):
        return status.run.outcome in _FAILURES
    just_ended = finding.event in {Event.TIDIED, Event.TAKEN_BACK} and status.last_outcome in _FAILURES
    return (just_ended and finding.reason != reasons.AT_REST) or finding.reason in {
        reasons.ROLLED_BACK,
        reasons.ABORTED,
    }


def _succeeded(status: Status) -> tuple[Kind, Truth, str, str]:
    if status.run is not None and not is_past(status):
        return "Succeeded", "Unknown", reasons.RUN_STARTED, f"run {status.run.id} is in progress"
    if not status.history:
        return "Succeeded", "Unknown", reasons.AT_REST, "there was no run yet"
    past = status.history[0]
    return "Succeeded", _truth(yes=past.outcome is Outcome.PROMOTED), str(past.outcome), past.message


def _truth(*, yes: bool) -> Truth:
    return "True" if yes else "False"


def _since(before: Condition | None, truth: Truth, now: datetime) -> datetime:
    return before.last_transition_time if before is not None and before.status == truth else now
