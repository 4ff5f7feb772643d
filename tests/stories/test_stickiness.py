"""The cookies that a run orders, told on ports in memory with the real loop."""

from datetime import timedelta
from fractions import Fraction

import pytest

from canary_operator.api.status import Outcome, State
from canary_operator.api.stickiness import Stickiness, StickyCookie
from canary_operator.core.actions import SetWeight
from tests.doubles.memory import Crash
from tests.doubles.story import Story, a_spec

PLAIN = a_spec(stages=("5%", "25%", "100%"))
STICKY = {"stickiness": Stickiness(cookie=StickyCookie())}
SPEC = PLAIN.model_copy(update={"traffic": PLAIN.traffic.model_copy(update=STICKY)})


async def a_release() -> Story:
    return await (await Story(SPEC).adopted()).release("v2")


Given = tuple[str, int, list[int]] | None


def orders(story: Story) -> list[Given]:
    """Of each weight: whose cookies of which stage, and of which earlier ones users are drawn once more."""
    found = [one.cookies for one in story.cluster.log if isinstance(one, SetWeight)]
    return [None if one is None else (one.run[-2:], one.stage, [each.stage for each in one.earlier]) for one in found]


async def test_each_stage_draws_those_of_the_stages_before() -> None:
    """With the last weight below 100 % there are none any more."""
    story = await a_release()
    await story.after(minutes=20)
    assert story.status.last_outcome is Outcome.PROMOTED
    assert orders(story) == [("-1", 1, []), ("-1", 2, [1]), None, None]


async def test_a_rollback_takes_the_cookies_in_its_first_write() -> None:
    """Its order names none."""
    story = await a_release()
    await story.after(seconds=120, canary_bad=0.9)
    assert story.status.last_outcome is Outcome.ROLLED_BACK
    assert orders(story) == [("-1", 1, []), None]


async def test_retry_begins_afresh() -> None:
    """Cookies of another run."""
    story = await a_release()
    await story.orders("abort")
    await story.after(seconds=30)
    await story.orders("retry")
    await story.after(seconds=30)
    assert orders(story) == [("-1", 1, []), None, ("-2", 1, [])]


@pytest.mark.parametrize("moment", range(8))
async def test_a_crash_in_a_change_of_stages_gives_out_the_same_cookies(moment: int) -> None:
    """Written once or twice, the order is the same."""
    story = await a_release()
    await story.after(minutes=4.5)
    story.cluster.calls.faults = {story.cluster.calls.writes * 2 + moment: Crash}
    await story.after(minutes=2)
    story.expects(weight="25%", state=State.STAGED)
    assert set(map(str, orders(story)[1:])) == {str(("-1", 2, [1]))}


async def test_a_reversed_run_keeps_users_too() -> None:
    """A commit in mid-promotion is released from the other side, with cookies of its own run."""
    story = await Story(SPEC).adopted()
    story.cluster.rolls = 0
    await story.release("v2")
    await story.after(minutes=15.6)
    story.cluster.commit("v3")
    await story.after(minutes=1)
    story.cluster.roll(10)
    await story.after(seconds=40)
    last = [one for one in story.cluster.log if isinstance(one, SetWeight)][-1]
    assert (last.weight, last.reversed) == (Fraction(19, 20), True)
    assert orders(story)[-1] == ("-2", 1, [])


async def test_canary_pods_that_come_back_find_the_same_users() -> None:
    """The same stage of the same run is written again."""
    story = await a_release()
    story.cluster.lose_canary_pods()
    await story.after(seconds=10)
    story.cluster.bring_canary_pods_back()
    await story.after(seconds=30)
    story.expects(weight="5%", state=State.STAGED)
    assert orders(story) == [("-1", 1, []), None, ("-1", 1, [])]


async def test_a_weight_that_is_written_again_before_the_next_stage_is_the_one_of_its_stage() -> None:
    """Whoever is drawn meanwhile is drawn once more in the stage that is being prepared."""
    story = await a_release()
    await story.after(minutes=4.9)
    story.cluster.startup = timedelta(minutes=1)
    await story.after(seconds=20)
    story.expects(weight="5%", state=State.PREPARING)
    story.cluster.share = Fraction(1, 100)
    await story.after(seconds=10)
    await story.orders("resume")
    await story.after(seconds=10)
    assert orders(story)[1:] == [("-1", 1, [])]
