"""Clocks that are wrong, or differ, or are set: told on ports in memory with the real loop."""

from datetime import timedelta

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import State
from tests.doubles.story import Story

HOUR = timedelta(hours=1)


async def staged(*, metrics_ahead: timedelta = timedelta(0)) -> Story:
    """At the first stage of five minutes, since a minute."""
    story = Story()
    story.cluster.metrics_ahead = metrics_ahead
    await story.adopted()
    await story.release("v2")
    await story.after(minutes=1)
    return story.expects(weight="5%", state=State.STAGED)


async def taken_over_by_a_clock(story: Story, ahead: timedelta) -> None:
    """The next process reads another time; Prometheus and the world go on as they were."""
    story.cluster.now += ahead
    story.cluster.metrics_ahead -= ahead
    await story.restarts()


@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
async def test_harm_is_seen_by_any_clock(ahead: timedelta) -> None:
    """Prometheus' clock and ours differ by an hour: what is clean is judged all the same, and soon."""
    story = await staged(metrics_ahead=ahead)
    await story.after(seconds=30, canary_bad=0.5)
    story.expects(weight="0%", reason=reasons.ROLLED_BACK)


@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
async def test_another_clock_neither_ends_a_stage_nor_makes_it_last(ahead: timedelta) -> None:
    """Of the five minutes four were left, and a few looks later than that the next stage begins."""
    story = await staged()
    await taken_over_by_a_clock(story, ahead)
    await story.after(minutes=3.9)
    story.expects(weight="5%", state=State.STAGED)
    await story.after(minutes=0.5)
    story.expects(weight="25%", state=State.STAGED)


@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
async def test_another_clock_sees_harm_as_soon(ahead: timedelta) -> None:
    """A weight that was changed in the future would leave nothing to judge until then."""
    story = await staged()
    await taken_over_by_a_clock(story, ahead)
    await story.after(seconds=30, canary_bad=0.5)
    story.expects(weight="0%", reason=reasons.ROLLED_BACK)


async def test_a_clock_that_is_behind_does_not_wait_for_the_drain_for_an_hour() -> None:
    """Stable has the traffic back, and ten seconds later nothing of the run is left."""
    story = await staged()
    story.cluster.verbs["abort"] = "true"
    await story.passes()
    assert story.state is State.CLEANING
    await taken_over_by_a_clock(story, -HOUR)
    await story.after(seconds=15)
    story.expects(weight="0%", reason=reasons.ABORTED, state=State.RESTING)
