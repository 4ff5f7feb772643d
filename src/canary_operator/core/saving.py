"""Looks are not writes: the status is written when a person would care, and the evidence now and then."""

from datetime import datetime, timedelta

from canary_operator.api.status import Status
from canary_operator.core.arms import is_past
from canary_operator.core.stage_clock import look_span

SAVE_EVERY = timedelta(seconds=30)
SAVE_EVERY_LOOKS = 10


def must_save(saved: Status, status: Status, now: datetime) -> bool:
    """Whether anything but numbers that flow has changed, or those were not saved for long."""
    return _still(saved) != _still(status) or _overdue(status, now)


def saved_now(status: Status, now: datetime) -> Status:
    if status.run is None:
        return status
    return status.model_copy(update={"run": status.run.model_copy(update={"saved_at": now})})


def _overdue(status: Status, now: datetime) -> bool:
    run = status.run
    if run is None or run.outcome is not None:
        return False
    span = look_span(run)
    every = SAVE_EVERY if span is None else max(SAVE_EVERY, SAVE_EVERY_LOOKS * span)
    return run.saved_at is None or now - run.saved_at >= every


def _still(status: Status) -> Status:
    """The status without what flows from look to look."""
    run, flows = status.run, status.run is not None and not is_past(status)
    if run is not None:
        hold = None if run.hold is None else run.hold.model_copy(update={"message": ""})
        flowing = {
            "evidence": None,
            "looked_at": None,
            "endpoints_at": None,
            "saved_at": None,
            "hold": hold,
            "pinned": None,
        }
        run = run.model_copy(update=flowing)
    return status.model_copy(
        update={
            "run": run,
            "revision": 0,
            "observed_weight": status.observed_weight is not None,
            "canary_requests": None,
            "score": None,
            "conditions": tuple(
                (each.type, each.status, each.reason, each.observed_generation, "" if flows else each.message)
                for each in status.conditions
            ),
        }
    )
