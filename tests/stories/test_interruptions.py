"""Killed at any instant: the run ends as it would have, and never worse meanwhile."""

import contextlib
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import EnsureCanary, Record, SetWeight
from canary_operator.errors import CanaryError, Conflict, InvalidCanary, Refused, Unavailable
from tests.cases import cases
from tests.doubles.memory import Crash
from tests.doubles.story import Story, a_spec
from tests.stories.chaos import Chaos

SHORT = a_spec(stages=("10%", "100%"), duration="30s", minCanaryRequests=10)
WRITES = 30


@pytest.mark.parametrize("moment", range(2 * WRITES))
async def test_a_good_release_survives_a_kill_around_every_write(moment: int) -> None:
    """Whichever write the process dies before or after, the release is promoted and nothing of ours is left."""
    story = await Story(SHORT).adopted()
    story.cluster.calls.faults[story.cluster.calls.writes * 2 + moment] = Crash
    await story.release("v2")
    await story.after(minutes=3)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert story.status.last_outcome is Outcome.PROMOTED
    assert (story.cluster.record, story.cluster.canary) == (None, None)
    assert story.status.runs == 1


@pytest.mark.parametrize("moment", range(2 * WRITES))
async def test_a_bad_release_survives_a_kill_around_every_write(moment: int) -> None:
    """Whichever write the process dies before or after, the canary is taken back and no weight rises afterwards."""
    story = await Story(SHORT).adopted()
    story.cluster.calls.faults[story.cluster.calls.writes * 2 + moment] = Crash
    await story.release("v2")
    await story.after(minutes=3, canary_bad=1.0)
    story.expects(weight="0%", reason=reasons.ROLLED_BACK, state=State.RESTING)
    fall = story.weights.index(Fraction(0))
    assert set(story.weights[fall:]) == {0}
    assert (story.cluster.record, story.cluster.canary) == (None, None)


DEEDS = ("time", "harm", "quiet", "commit", "revert", "blind", "seeing", "pulled", "unready", "ready", "restarts")
ORDERS = ("pause", "resume", "promote", "abort", "retry")


@settings(max_examples=cases(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    events=st.lists(st.sampled_from(DEEDS + ORDERS), max_size=25),
    faults=st.dictionaries(st.integers(0, 120), st.sampled_from([Crash, Conflict, Unavailable]), max_size=6),
)
async def test_whatever_happens_some_things_never_do(events: list[str], faults: dict[int, type[Exception]]) -> None:
    """In any order of events and faults no weight leaves the plan, none comes before pods, and nothing stays behind."""
    story = Chaos(SHORT)
    story.cluster.calls.faults.update(faults)
    await story.adopted()
    for event in events:
        before = len(story.cluster.log)
        await (story.orders(event) if event in ORDERS else getattr(story, event)())
        _check_weights(story, before)
    story.cluster.calls.faults.clear()
    story.cluster.deleting = True
    await story.after(seconds=30)
    assert not story.cluster.finalizer
    assert (story.cluster.record, story.cluster.canary, story.cluster.deployment.adopted) == (None, None, False)


def _check_weights(story: Story, before: int) -> None:
    """Each weight that was written is one of the plan's, and pods had been asked for before it rose."""
    planned = {stage.weight for stage in SHORT.stages} | {0}
    for position, action in enumerate(story.cluster.log[before:], before):
        if isinstance(action, SetWeight):
            assert action.weight in planned
            if action.weight > 0:
                assert any(isinstance(earlier, EnsureCanary) for earlier in story.cluster.log[:position])


async def test_a_weight_that_is_refused_is_said_once() -> None:
    """However often it is tried: the condition stays, nobody is told again, and the intent is not recorded again."""
    story = await Story(SHORT).adopted()
    story.cluster.commit("v2")
    story.cluster.calls.refuses = (SetWeight, Refused("admission webhook says no"))
    with pytest.raises(Refused):
        await story.passes()
    written, told = story.cluster.calls.writes, story.told
    for _ in range(5):
        with pytest.raises(Refused):
            await story.passes()
        condition = next(each for each in story.cluster.status.conditions if each.type == "Ready")
        assert condition.reason == reasons.WRITE_REFUSED
    assert (story.cluster.calls.writes, story.told) == (written, told)
    assert told.count(reasons.WRITE_REFUSED) == 1
    story.cluster.calls.refuses = None
    await story.passes()
    story.expects(weight="10%", reason=reasons.STAGE_RUNNING)


async def test_harm_is_found_while_nothing_can_be_noted() -> None:
    """Not one look of the run was ever written down: they add up in memory, and the traffic goes back."""
    story = await Story(SHORT).adopted()
    await story.release("v2")
    story.expects(weight="10%", reason=reasons.STAGE_RUNNING)
    story.cluster.calls.refuses = (Record, Refused("a policy says no"))
    for _ in range(6):
        with contextlib.suppress(Refused):
            await story.after(seconds=5, canary_bad=1.0)
    assert story.cluster.share == 0
    assert story.cluster.status.state is State.STAGED, "nobody could say so"
    story.cluster.calls.refuses = None
    await story.after(minutes=1)
    story.expects(weight="0%", reason=reasons.ROLLED_BACK, state=State.RESTING)
    assert story.weights.count(Fraction(0)) == len(story.weights[story.weights.index(Fraction(0)) :])


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (Refused("admission webhook says no"), reasons.WRITE_REFUSED),
        (InvalidCanary(reasons.CANARY_NAME_TAKEN, "checkout-canary is not ours"), reasons.CANARY_NAME_TAKEN),
    ],
)
async def test_a_refused_write_is_said_where_people_look(refusal: CanaryError, reason: str) -> None:
    """The condition carries the refusal's words, once, and the run goes on when the write is let through."""
    story = await Story(SHORT).adopted()
    before = story.cluster.calls.writes
    story.cluster.commit("v2")
    story.cluster.calls.refuses = (EnsureCanary, refusal)
    for _ in range(3):
        with pytest.raises(type(refusal)):
            await story.passes()
    condition = next(each for each in story.cluster.status.conditions if each.type == "Ready")
    assert (condition.status, condition.reason) == ("False", reason)
    assert str(refusal) in condition.message
    assert story.told.count(reason) == 1
    assert story.cluster.calls.writes - before <= 3
    story.cluster.calls.refuses = None
    story.working = None
    await story.passes()
    story.expects(weight="10%", reason=reasons.STAGE_RUNNING)
