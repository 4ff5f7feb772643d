from datetime import timedelta

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Condition, Outcome, PastRun, State, Status
from canary_operator.core.conditions import PATIENCE, conditions
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from tests.doubles.memory import NOON
from tests.doubles.worlds import at_stage

FINE = Finding(Event.WAITED, reasons.STAGE_RUNNING, "going well")
LATER = NOON + timedelta(minutes=1)


def truths(status: Status, finding: Finding) -> dict[str, str]:
    return {each.type: each.status for each in conditions(status, finding, 3, NOON)}


def test_a_run_that_goes_well_is_ready_and_reconciling() -> None:
    """Tools that wait see it in progress; people see that all is well."""
    status = Status(state=State.STAGED, run=at_stage())
    assert truths(status, FINE) == {
        "Ready": "True",
        "Reconciling": "True",
        "Stalled": "False",
        "Succeeded": "Unknown",
    }


def test_a_held_run_is_not_ready_and_still_reconciling() -> None:
    """It goes on by itself or by a verb: nothing failed."""
    status = Status(state=State.STAGED, run=at_stage())
    held = Finding(Event.HELD, reasons.PAUSED, "paused by hand")
    assert truths(status, held) | {"Succeeded": ""} == {
        "Ready": "False",
        "Reconciling": "True",
        "Stalled": "False",
        "Succeeded": "",
    }


def test_a_rolled_back_revision_is_stalled() -> None:
    """Waiting tools fail fast."""
    past = (a_past_run(Outcome.ROLLED_BACK),)
    status = Status(state=State.RESTING, last_outcome=Outcome.ROLLED_BACK, history=past)
    waited = Finding(Event.WAITED, reasons.ROLLED_BACK, "v2 is not tried again")
    assert truths(status, waited) == {
        "Ready": "False",
        "Reconciling": "False",
        "Stalled": "True",
        "Succeeded": "False",
    }


@pytest.mark.parametrize("outcome", [Outcome.ROLLED_BACK, Outcome.ABORTED])
def test_a_failure_is_told_without_a_gap(outcome: Outcome) -> None:
    """Ready is false in the pass that decides, while it is tidied up, and in the pass that ends the run."""
    past = a_past_run(outcome)
    run = at_stage().model_copy(update={"outcome": outcome})
    passes = (
        (Status(state=State.CLEANING, run=run), Finding(Event.HARMED, reasons.HARM, "bad")),
        (Status(state=State.CLEANING, run=run), Finding(Event.WAITED, reasons.TIDYING_UP, "bad")),
        (
            Status(last_outcome=outcome, state=State.RESTING, history=(past,)),
            Finding(Event.TIDIED, reasons.HARM, "bad"),
        ),
        (
            Status(last_outcome=outcome, state=State.RESTING, history=(past,)),
            Finding(Event.WAITED, str(outcome), "bad"),
        ),
    )
    assert [truths(status, finding)["Ready"] for status, finding in passes] == ["False"] * 4


def test_succeeded_never_speaks_of_an_earlier_run_while_one_is_tidied_up() -> None:
    """Who waits for the verdict of this run must not read the last one's."""
    run = at_stage().model_copy(update={"outcome": Outcome.ROLLED_BACK})
    status = Status(state=State.CLEANING, run=run, history=(a_past_run(Outcome.PROMOTED, "v1-0"),))
    assert truths(status, Finding(Event.WAITED, reasons.ROLLED_BACK, "bad"))["Succeeded"] == "Unknown"


def test_a_condition_keeps_its_time_while_its_status_stays() -> None:
    """The message may change, the transition time may not."""
    before = conditions(Status(state=State.STAGED, run=at_stage()), FINE, 3, NOON)
    status = Status(state=State.STAGED, run=at_stage(), conditions=before)
    after = conditions(status, Finding(Event.WAITED, reasons.STAGE_RUNNING, "still well"), 4, LATER)
    assert {each.last_transition_time for each in after} == {NOON}
    assert {each.observed_generation for each in after} == {4}
    held = conditions(status, Finding(Event.HELD, reasons.PAUSED, "by hand"), 4, LATER)
    assert find(held, "Ready").last_transition_time == LATER
    assert find(held, "Reconciling").last_transition_time == NOON


def test_a_long_message_is_cut_to_what_the_api_takes() -> None:
    """A status is never refused for its words."""
    long = Finding(Event.WAITED, reasons.STAGE_RUNNING, "x" * 5000)
    assert len(find(conditions(Status(state=State.STAGED, run=at_stage()), long, 1, NOON), "Ready").message) == 1024


def test_what_one_apply_brings_may_come_in_any_order() -> None:
    """A reference that is not there yet is waited for; only after a while it has failed. A wrong one fails at once."""
    missing = Finding(Event.HELD, reasons.WORKLOAD_NOT_FOUND, "Deployment checkout does not exist")
    fresh = conditions(Status(), missing, 1, NOON)
    assert (find(fresh, "Stalled").status, find(fresh, "Reconciling").status) == ("False", "True")
    late = conditions(Status(conditions=fresh), missing, 1, NOON + PATIENCE)
    assert (find(late, "Stalled").status, find(late, "Reconciling").status) == ("True", "False")
    wrong = Finding(Event.HELD, reasons.SERVICE_UNSUPPORTED, "headless")
    assert find(conditions(Status(), wrong, 1, NOON), "Stalled").status == "True"


def a_past_run(outcome: Outcome, run: str = "v2-1") -> PastRun:
    return PastRun(
        id=run,
        revision="v2",
        outcome=outcome,
        reason=reasons.HARM,
        message="bad",
        started_at=NOON,
        ended_at=NOON,
    )


def find(found: tuple[Condition, ...], kind: str) -> Condition:
    return next(each for each in found if each.type == kind)
