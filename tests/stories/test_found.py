"""What the model found: each bug as the story of what happened."""

from datetime import timedelta
from fractions import Fraction

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, State
from canary_operator.core.world import Problem
from tests.doubles.memory import Crash
from tests.doubles.story import Story, a_spec


async def staged() -> Story:
    """The canary has its first weight, since ten seconds."""
    story = await Story().adopted()
    await story.release("v2")
    await story.after(seconds=10)
    return story.expects(weight="5%", state=State.STAGED)


async def test_blindness_that_began_in_a_hold_is_not_counted_twice() -> None:
    """Somebody pulled the weight and Prometheus stopped; the stage was once longer by the hold, and by it again."""
    story = await staged()
    story.cluster.share, story.cluster.metrics_down = Fraction(1, 100), reasons.METRICS_UNAVAILABLE
    await story.after(minutes=10)
    await story.orders("resume")
    await story.after(minutes=10)
    story.expects(weight="5%", reason=reasons.METRICS_UNAVAILABLE)
    story.cluster.metrics_down = None
    await story.after(minutes=4.5)
    story.expects(weight="5%", state=State.STAGED)
    await story.after(minutes=1)
    story.expects(weight="25%", state=State.STAGED)


@pytest.mark.parametrize("outcome", [Outcome.SUPERSEDED, Outcome.ABORTED])
async def test_a_kill_in_an_ending_does_not_turn_it_into_harm(outcome: Outcome) -> None:
    """The weight was 0 and the status not written: the next process once said that the canary had done harm."""
    story = await staged()
    story.cluster.calls.faults[2 * story.cluster.calls.writes + 1] = Crash
    if outcome is Outcome.ABORTED:
        story.cluster.verbs["abort"] = "true"
    else:
        story.cluster.commit("v3")
    await story.after(seconds=15)
    assert story.status.history[0].outcome is outcome


async def test_a_canary_that_was_deleted_is_not_waited_for() -> None:
    """Somebody pulled the weight and deleted the canary; resume once waited for its pods, which nobody made."""
    story = await staged()
    story.cluster.share, story.cluster.canary = Fraction(0), None
    await story.after(seconds=10)
    story.expects(weight="0%", reason=reasons.TRAFFIC_PULLED)
    await story.orders("resume")
    await story.after(seconds=10)
    story.expects(weight="5%", state=State.STAGED)


async def test_an_operator_that_was_down_and_finds_a_hold_does_not_advance_blind() -> None:
    """It came back to a spec that nobody could read; the hour without a look once counted as the stage's time."""
    story = await staged()
    story.cluster.now += timedelta(hours=1)
    story.cluster.spec_problem = Problem(reasons.INVALID_SPEC, "stages: each weight must be above the one before")
    await story.restarts()
    story.expects(weight="5%", reason=reasons.INVALID_SPEC)
    story.cluster.spec_problem = None
    await story.after(minutes=4.5)
    story.expects(weight="5%", state=State.STAGED)
    await story.after(minutes=1)
    story.expects(weight="25%", state=State.STAGED)


async def test_harm_that_could_not_be_taken_back_at_once_is_taken_back_later() -> None:
    """Stable had no pods when harm was found; the canary then did well, and once the run went on."""
    metric = {"preset": "istio-error-rate", "max": "5%", "maxIncrease": "50%"}
    story = await Story(a_spec(stages=("10%", "50%"), metrics=[metric])).adopted()
    await story.release("v2")
    await story.after(seconds=20, rate=40)
    story.cluster.deployment.answering = False
    await story.after(seconds=10, rate=24, canary_bad=1.0)
    story.expects(weight="10%", reason=reasons.NO_STABLE_ENDPOINTS)
    await story.after(minutes=20, rate=40, step=10)
    story.expects(weight="10%", reason=reasons.NO_STABLE_ENDPOINTS)
    await story.restarts()
    story.cluster.deployment.answering = True
    await story.after(seconds=5)
    story.expects(weight="0%")
    await story.after(minutes=2)
    assert [run.outcome for run in story.status.history] == [Outcome.ROLLED_BACK]
