"""A first stage in which only canary matches reach the canary, told on ports in memory with the real loop."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import RemoveCanary, SetWeight
from tests.doubles.memory import Crash
from tests.doubles.story import Story, a_spec

NOBODY, EVERYBODY = Fraction(0), Fraction(1)
DARK = a_spec(stages=("0%", "5%", "100%"), matches=True)


async def a_dark_launch(spec: Spec = DARK, *, testers: int = 5) -> Story:
    """The testers have the canary, and nobody else."""
    story = await Story(spec).adopted()
    story.cluster.testers = testers
    return await story.release("v2")


def dark(**analysis: Any) -> Spec:
    return a_spec(stages=("0%", "5%", "100%"), matches=True, **analysis)


def orders(story: Story) -> list[tuple[Fraction, bool]]:
    """Each weight with whether the testers are sent to the canary beside it."""
    return [(one.weight, bool(one.matches)) for one in story.cluster.log if isinstance(one, SetWeight)]


async def test_testers_come_before_everybody_else() -> None:
    """From weight 0 on until everybody has the canary, and the rules are gone with the last write."""
    story = await a_dark_launch()
    story.expects(weight="0%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    assert story.cluster.matched
    await story.after(minutes=5.2)
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)
    await story.after(minutes=15)
    assert story.status.last_outcome is Outcome.PROMOTED
    assert orders(story) == [(NOBODY, True), (Fraction(1, 20), True), (EVERYBODY, False), (NOBODY, False)]
    assert not story.cluster.matched


async def test_a_dark_launch_asks_for_no_number_of_requests() -> None:
    """Nobody knows how many a canary match finds; without a single one it is over when its time is."""
    story = await a_dark_launch(testers=0)
    await story.after(minutes=4.8)
    story.expects(weight="0%", state=State.STAGED)
    await story.after(minutes=0.4)
    story.expects(weight="5%", state=State.STAGED)


async def test_testers_who_find_it_broken_end_the_run() -> None:
    """Most of their requests fail, and clearly more than the baseline's: the rules go before anything else."""
    story = await a_dark_launch()
    await story.after(seconds=60)
    story.cluster.log.clear()
    await story.after(seconds=60, canary_bad=0.9)
    first = story.first_write()
    assert isinstance(first, SetWeight)
    assert first == replace(first, weight=NOBODY, matches=())
    story.expects(weight="0%", reason=reasons.ROLLED_BACK, state=State.RESTING)
    assert not story.cluster.matched


async def test_testers_who_provoke_some_errors_end_nothing() -> None:
    """They are no random sample: neither the limit nor the comparison is for them."""
    story = await a_dark_launch(dark(metrics=[{"preset": "istio-error-rate", "max": "1%", "maxIncrease": "50%"}]))
    await story.after(minutes=4, canary_bad=0.2, baseline_bad=0.001)
    story.expects(weight="0%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    assert "no random sample" in story.condition("Ready").message


async def test_an_incident_of_both_arms_ends_no_dark_launch() -> None:
    """What fails in the baseline too is not the canary's."""
    story = await a_dark_launch()
    await story.after(seconds=120, canary_bad=0.5, baseline_bad=0.5)
    assert story.status.last_outcome is None
    assert story.cluster.matched


async def test_the_warm_up_begins_with_the_first_weight() -> None:
    """A handful of testers warms no pod up."""
    story = await a_dark_launch(dark(warmup="60s"))
    await story.after(minutes=5.2)
    story.expects(weight="5%", reason=reasons.WARMING_UP)
    await story.after(seconds=90)
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)


async def test_testers_are_no_warm_up_while_the_next_stage_is_prepared() -> None:
    """More pods take half a minute, in which nobody but testers has the canary."""
    story = await a_dark_launch(a_spec(stages=("0%", "50%", "100%"), matches=True, warmup="60s"))
    story.cluster.startup = timedelta(seconds=30)
    await story.after(minutes=5.2)
    story.expects(weight="0%", state=State.PREPARING)
    await story.after(seconds=20, canary_bad=0.1)
    assert story.status.run is not None
    assert not story.status.run.evidence.warm
    await story.after(seconds=15)
    story.expects(weight="50%", reason=reasons.WARMING_UP)
    assert story.status.run.evidence.compared.canary.requests == 0


async def test_what_testers_met_is_no_part_of_the_comparison() -> None:
    """A canary that was bad to them a little goes on from nothing."""
    story = await a_dark_launch()
    await story.after(minutes=4, canary_bad=0.15)
    assert story.status.run is not None
    assert story.status.run.evidence.compared.canary.requests == 0
    await story.after(minutes=1.2)
    await story.after(minutes=2)
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)


async def test_testers_are_pulled_and_sent_again_by_a_person() -> None:
    """Somebody removed the rules: it holds, and resume writes them once more."""
    story = await a_dark_launch()
    story.cluster.matched = False
    await story.after(seconds=10)
    story.expects(weight="0%", reason=reasons.TRAFFIC_PULLED, state=State.STAGED)
    assert "canary-operator-match-1-checkout" in story.condition("Ready").message
    await story.after(minutes=10)
    assert not story.cluster.matched
    await story.orders("resume")
    await story.after(seconds=10)
    story.expects(weight="0%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    assert story.cluster.matched


async def test_a_canary_without_pods_loses_its_testers() -> None:
    """They would get nothing but 503s; when it is back, so are they."""
    story = await a_dark_launch()
    story.cluster.lose_canary_pods()
    await story.after(seconds=10)
    story.expects(weight="0%", state=State.PREPARING)
    assert not story.cluster.matched
    story.cluster.bring_canary_pods_back()
    await story.after(seconds=10)
    story.expects(weight="0%", state=State.STAGED)
    assert story.cluster.matched


async def test_a_withdrawn_canary_does_not_get_its_testers_back_by_resume() -> None:
    """Somebody gave it a weight meanwhile; what is written again is what we had last: nobody."""
    story = await a_dark_launch()
    story.cluster.startup = timedelta(seconds=60)
    story.cluster.lose_canary_pods()
    await story.after(seconds=10)
    story.expects(weight="0%", state=State.PREPARING)
    story.cluster.bring_canary_pods_back()
    story.cluster.share = Fraction(3, 5)
    await story.after(seconds=5)
    story.cluster.startup = timedelta(0)
    story.cluster.log.clear()
    await story.orders("pause")
    await story.after(seconds=5)
    await story.orders("resume")
    await story.after(seconds=10)
    assert orders(story)[0] == (NOBODY, False)


@pytest.mark.parametrize("ending", ["abort", "delete", "supersede"])
async def test_the_rules_go_first_however_a_dark_launch_ends(ending: str) -> None:
    """Then the pods are drained, and only then removed."""
    story = await a_dark_launch()
    story.cluster.log.clear()
    if ending == "abort":
        await story.orders("abort")
    elif ending == "delete":
        story.cluster.deleting = True
        await story.passes()
    else:
        story.cluster.commit("v3")
        await story.passes()
    first = next(one for one in story.writes if isinstance(one, SetWeight | RemoveCanary))
    assert isinstance(first, SetWeight)
    assert first == replace(first, weight=NOBODY, matches=())
    assert not any(isinstance(one, RemoveCanary) for one in story.writes)
    await story.after(seconds=15)
    assert any(isinstance(one, RemoveCanary) for one in story.writes)


@pytest.mark.thorough
@pytest.mark.parametrize("moment", range(24))
async def test_a_death_at_any_write_of_a_dark_launch_is_survived(moment: int) -> None:
    """The rules are written once, and the stage begins once."""
    story = await Story(DARK).adopted()
    story.cluster.testers = 5
    story.cluster.calls.faults = {story.cluster.calls.writes * 2 + moment: Crash}
    await story.release("v2")
    await story.after(minutes=4)
    story.expects(weight="0%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    assert story.cluster.matched
    assert orders(story) == [(NOBODY, True)]
    await story.after(minutes=22)
    assert story.status.last_outcome is Outcome.PROMOTED


async def test_a_withdrawal_that_was_not_noted_is_recognised() -> None:
    """The process died between taking the rules out and writing that down; it is no pull of somebody else's."""
    story = await a_dark_launch()
    story.cluster.lose_canary_pods()
    story.cluster.calls.faults = {story.cluster.calls.writes * 2 + 1: Crash}
    await story.after(seconds=10)
    story.expects(weight="0%", state=State.PREPARING)
    story.cluster.bring_canary_pods_back()
    await story.after(seconds=10)
    story.expects(weight="0%", state=State.STAGED)
    assert story.cluster.matched


async def test_a_lost_status_takes_the_testers_back() -> None:
    """Nobody knows the run any more, and the route still says so."""
    story = await a_dark_launch()
    story.cluster.status = story.cluster.status.model_copy(update={"run": None, "state": State.RESTING})
    await story.restarts()
    await story.after(seconds=30)
    assert (NOBODY, False) in orders(story)


async def test_testers_of_a_reversed_run_get_the_newest() -> None:
    """A commit in mid-promotion is released from the other side, with its own dark launch."""
    story = await Story(DARK).adopted()
    story.cluster.testers = 5
    story.cluster.rolls = 0
    await story.release("v2")
    await story.after(minutes=15.6)
    story.cluster.commit("v3")
    await story.after(minutes=1)
    story.cluster.roll(10)
    await story.after(seconds=40)
    assert story.status.run is not None
    assert story.status.run.reversed
    last = [one for one in story.cluster.log if isinstance(one, SetWeight)][-1]
    assert (last.weight, last.reversed, bool(last.matches)) == (EVERYBODY, True, True)


async def test_time_passes_for_a_dark_launch_as_for_any_stage() -> None:
    """It ends five minutes after it began."""
    story = await a_dark_launch(dark(warmup="60s"))
    run = story.status.run
    assert run is not None
    assert run.weight_changed_at is not None
    assert run.ends_at == run.weight_changed_at + timedelta(minutes=5)
