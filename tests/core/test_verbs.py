import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Hold, Outcome, PastRun, PendingVerb, Run, State
from canary_operator.core.actions import Announce, Record, RemoveVerb
from canary_operator.core.verbs import VERBS, abort_wanted, hear, why_not
from canary_operator.core.world import World
from tests.doubles.memory import NOON
from tests.doubles.worlds import DEPLOYMENT, a_run, a_world, at_stage

POSSIBLE = {
    State.PREPARING: {"abort", "pause", "resume"},
    State.STAGED: {"abort", "promote", "pause", "resume"},
    State.PROMOTING: {"abort", "promote", "resume"},
    State.STANDING_IN: {"resume"},
    State.CLEANING: set(),
    State.LEAVING: set(),
}


def a_running_world(state: State, run: Run | None = None, **verbs: str) -> World:
    return a_world(state, run or (a_run() if state is State.PREPARING else at_stage()), verbs=verbs)


@pytest.mark.parametrize("state", POSSIBLE)
def test_each_state_takes_its_verbs_and_refuses_the_others_in_words(state: State) -> None:
    """A verb is acted on or answered; it is never silently lost."""
    world = a_running_world(state)
    taken = {verb for verb in VERBS if why_not(world, verb, "true") is None}
    assert taken == POSSIBLE[state]
    assert all(why_not(world, verb, "true") for verb in set(VERBS) - taken)


def test_without_a_run_only_a_failed_one_can_be_retried() -> None:
    """Retry needs a run that failed, and takes its id."""
    past = PastRun(
        id="v2-1",
        revision="v2",
        outcome=Outcome.ROLLED_BACK,
        reason=reasons.HARM,
        message="",
        started_at=NOON,
        ended_at=NOON,
    )
    failed = a_world(State.RESTING, status={"last_outcome": Outcome.ROLLED_BACK, "history": (past,)})
    assert why_not(failed, "retry", "v2-1") is None
    assert why_not(failed, "retry", "v2-9") is not None
    assert why_not(a_world(State.RESTING), "retry", "true") is not None
    assert why_not(failed, "pause", "true") == "there is no run in progress"


def test_abort_holds_after_the_point_of_no_return() -> None:
    """Stable's old pods are leaving: there is nothing to go back to, and nothing goes on either."""
    world = a_running_world(State.PROMOTING, at_stage(3, "1", unpaused=True), abort="true")
    assert not abort_wanted(world)
    heard = hear(world)
    assert heard is not None
    assert heard[1].run is not None
    assert heard[1].run.hold is not None
    assert heard[1].run.hold.reason == reasons.PROMOTION_BREACH


def test_no_person_promotes_what_was_breached() -> None:
    """A mended revision does, or the word that it was a mistake."""
    hold = Hold(reason=reasons.PROMOTION_BREACH, message="", since=NOON)
    world = a_running_world(State.PROMOTING, at_stage(3, "1", unpaused=True, hold=hold))
    assert "mended" in str(why_not(world, "promote", "true"))
    heard = hear(a_running_world(State.PROMOTING, at_stage(3, "1", unpaused=True, hold=hold), resume="true"))
    assert heard is not None
    assert heard[1].run is not None
    assert heard[1].run.hold is None


def test_a_verb_is_noted_before_its_annotation_goes_and_acted_on_after() -> None:
    """A crash between any two of these does it once."""
    heard = hear(a_running_world(State.STAGED, pause="true"))
    assert heard is not None
    actions, status = heard
    assert [type(action) for action in actions] == [Record, RemoveVerb, Announce]
    assert isinstance(actions[0], Record)
    assert actions[0].status.pending_verb == PendingVerb(verb="pause", value="true")
    assert status.pending_verb is None
    assert status.run is not None
    assert status.run.paused


def test_a_noted_verb_whose_annotation_is_gone_is_finished() -> None:
    """The crash came after the removal: the effect is still owed."""
    world = a_world(State.STAGED, at_stage(), status={"pending_verb": PendingVerb(verb="promote", value="true")})
    heard = hear(world)
    assert heard is not None
    assert heard[1].run is not None
    assert heard[1].run.promote
    assert not any(isinstance(action, RemoveVerb) for action in heard[0])


def test_resume_writes_the_weight_again_only_after_a_drift() -> None:
    """A plain pause ends without touching the route."""
    for reason, again in ((reasons.PAUSED, False), (reasons.TRAFFIC_PULLED, True), (reasons.WEIGHT_DRIFTED, True)):
        run = at_stage(paused=True, paused_for="a subset was gone", hold=Hold(reason=reason, message="", since=NOON))
        heard = hear(a_running_world(State.STAGED, run, resume="true"))
        assert heard is not None
        assert heard[1].run is not None
        assert (heard[1].run.paused, heard[1].run.paused_for, heard[1].run.reapply) == (False, None, again)


def test_a_refused_verb_is_removed_and_said() -> None:
    """Nobody wonders later whether it is still waiting."""
    heard = hear(a_running_world(State.STAGED, promote="v1-9"))
    assert heard is not None
    removal, told = heard[0]
    assert removal == RemoveVerb("promote", "v1-9")
    assert isinstance(told, Announce)
    assert told.reason == reasons.VERB_IGNORED
    assert "v2-1" in told.message


def test_no_verb_no_word() -> None:
    """Without annotations nothing is done."""
    assert hear(a_world(State.STAGED, at_stage(), deployment=DEPLOYMENT)) is None
