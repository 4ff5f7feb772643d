from datetime import timedelta
from typing import Any

from canary_operator.api.evidence import Evidence
from canary_operator.api.status import Condition, Outcome, PastRun, Pinned, State, Status
from canary_operator.core.saving import must_save, saved_now
from tests.doubles.memory import NOON
from tests.doubles.worlds import at_stage

PINNED = Pinned(scrape=timedelta(seconds=1), settle=timedelta(seconds=1))


def staged(**changes: Any) -> Status:
    run = at_stage(pinned=PINNED, saved_at=NOON, **changes)
    return Status(state=State.STAGED, run=run, observed_weight="5%")


def test_numbers_that_flow_are_no_reason_to_write() -> None:
    """Evidence, observed share and counts change with every look."""
    later = staged(evidence=Evidence(looks=7, phi=1.0), looked_at=NOON + timedelta(seconds=9))
    shown = later.model_copy(update={"observed_weight": "4.9%", "canary_requests": 12, "revision": 4})
    assert not must_save(staged(), shown, NOON + timedelta(seconds=29))


def test_what_a_person_cares_about_is_written_at_once() -> None:
    """Pause, weight, stage, hold."""
    for change in ({"paused": True}, {"weight": 0}, {"stage": 2}, {"frozen_since": NOON}):
        assert must_save(staged(), staged(**change), NOON)


def test_evidence_is_written_every_thirty_seconds_or_ten_looks() -> None:
    """Whichever is longer."""
    assert must_save(staged(), staged(), NOON + timedelta(seconds=30))
    slow: dict[str, Any] = {"pinned": Pinned(scrape=timedelta(seconds=15), settle=timedelta(seconds=15))}
    run = at_stage(saved_at=NOON, **slow)
    status = Status(state=State.STAGED, run=run, observed_weight="5%")
    assert not must_save(status, status, NOON + timedelta(seconds=149))
    assert must_save(status, status, NOON + timedelta(seconds=150))


def test_at_rest_nothing_is_written_again() -> None:
    """A rollout without a run has no evidence."""
    assert not must_save(Status(), Status(), NOON + timedelta(days=1))
    assert saved_now(Status(), NOON) == Status()


def test_what_the_canary_stands_in_for_is_written_when_it_changes() -> None:
    """No look is taken meanwhile, so the message says only what people care about."""
    run = at_stage(outcome=Outcome.PROMOTED)
    past = PastRun(
        id=run.id, revision="v2", outcome=Outcome.PROMOTED, reason="", message="", started_at=NOON, ended_at=NOON
    )
    one, other = (
        Status(state=State.STANDING_IN, run=run, history=(past,), conditions=(ready(message),))
        for message in ("v3 rolls", "v4 rolls")
    )
    assert must_save(one, other, NOON)
    assert not must_save(one, one, NOON)


def ready(message: str) -> Condition:
    return Condition(
        type="Ready", status="True", reason="", message=message, last_transition_time=NOON, observed_generation=1
    )
