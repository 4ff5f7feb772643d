"""Stages in which the canary gets copies and nobody its answers, told on ports in memory with the real loop."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import SetWeight
from canary_operator.core.copies import Copies
from tests.doubles.memory import Crash
from tests.doubles.story import Story, a_spec

NOBODY, EVERYBODY = Fraction(0), Fraction(1)
TENTH, ALL = Copies(percentage=Fraction(1, 10)), Copies(percentage=Fraction(1))


def mirrored(*mirrors: str, **analysis: Any) -> Spec:
    return a_spec(stages=("5%", "100%"), mirrors=mirrors or ("10%",), **analysis)


async def a_mirror(spec: Spec | None = None) -> Story:
    """The canary gets copies, and nobody has it."""
    story = await Story(spec or mirrored()).adopted()
    return await story.release("v2")


def orders(story: Story) -> list[tuple[Fraction, Copies | None]]:
    return [(one.weight, one.copies) for one in story.cluster.log if isinstance(one, SetWeight)]


def message(story: Story) -> str:
    return story.condition("Ready").message


async def test_copies_come_before_users() -> None:
    """Ever more of them, then the first users; the copies end with the write that brings those."""
    story = await a_mirror(mirrored("10%", "100%"))
    story.expects(weight="0%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    await story.after(minutes=5.2)
    story.expects(weight="0%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    assert story.cluster.copies == ALL
    await story.after(minutes=5.2)
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)
    await story.after(minutes=15)
    assert story.status.last_outcome is Outcome.PROMOTED
    expected = [(NOBODY, TENTH), (NOBODY, ALL), (Fraction(1, 20), None), (EVERYBODY, None), (NOBODY, None)]
    assert orders(story) == expected


async def test_it_says_that_nobody_sees_the_answers() -> None:
    """In the condition, in the event and in the columns: no share of users is claimed."""
    story = await a_mirror()
    assert story.cluster.status.conditions[0].message == (
        "stage 1 begins: copies of 10% of the requests that are GET or HEAD (nobody sees its answers)"
    )
    await story.after(seconds=60)
    assert message(story).startswith("Mirrored, so nobody sees what the canary answers. No harm found so far: ")
    events = [str(action) for action in story.cluster.log if "StageStarted" in str(action)]
    assert "copies of 10% of the requests that are GET or HEAD (nobody sees its answers)" in events[0]
    assert (story.status.weight, story.status.observed_weight) == ("0%", None)
    assert story.status.canary_requests == 550


@pytest.mark.parametrize("warmup", ["0s", "60s"])
async def test_a_broken_canary_goes_before_anybody_meets_it(warmup: str) -> None:
    """Only its own pods know, and that is enough: the rule goes first of all."""
    story = await a_mirror(mirrored(warmup=warmup))
    story.cluster.log.clear()
    await story.after(seconds=30, canary_bad=1)
    assert orders(story)[0] == (NOBODY, None)
    assert story.status.last_outcome is Outcome.ROLLED_BACK
    assert "nobody sees what the canary answers" in story.status.history[0].message
    assert set(story.weights) == {NOBODY}
    assert story.cluster.copies is None


async def test_an_incident_of_both_versions_takes_nothing_back() -> None:
    """The pods of stable report as well."""
    story = await a_mirror()
    await story.after(minutes=4, canary_bad=0.1, baseline_bad=0.1)
    assert story.status.last_outcome is None
    assert story.cluster.copies == TENTH


async def test_too_few_copies_are_waited_for() -> None:
    """As in any other stage."""
    story = await a_mirror()
    await story.after(minutes=6, rate=1)
    story.expects(weight="0%", reason=reasons.COLLECTING_REQUESTS, state=State.STAGED)


async def test_what_copies_showed_goes_on_with_the_users() -> None:
    """The evidence is one for the whole run; the counters of the callers begin with a reference."""
    story = await a_mirror()
    await story.after(minutes=4.9)
    run = story.status.run
    assert run is not None
    copies = run.evidence.compared.canary.requests
    assert copies > 2000
    assert {source.name for source in run.evidence.sources} == {"checkout-canary-1", "checkout-1"}
    await story.after(minutes=2)
    run = story.status.run
    assert run is not None
    assert [source.name for source in run.evidence.sources] == ["gateway"]
    users = 2 * 60 * 100 / 20
    assert copies + 200 < run.evidence.compared.canary.requests < copies + 300 + users
    assert run.evidence.stage.canary.requests <= users
    assert run.evidence.warm


async def test_a_canary_without_pods_gets_no_copies() -> None:
    """When it is back, so are they."""
    story = await a_mirror()
    story.cluster.lose_canary_pods()
    await story.after(seconds=10)
    story.expects(weight="0%", state=State.PREPARING)
    assert story.cluster.copies is None
    await story.after(seconds=30)
    assert story.cluster.copies is None
    story.cluster.bring_canary_pods_back()
    await story.after(seconds=10)
    story.expects(weight="0%", state=State.STAGED)
    assert story.cluster.copies == TENTH


async def test_no_copy_is_sent_before_enough_pods_are_ready() -> None:
    """As many as answer that share of the requests."""
    story = await Story(mirrored("50%")).adopted()
    story.cluster.startup = timedelta(seconds=30)
    await story.release("v2")
    await story.after(seconds=20)
    story.expects(weight="0%", state=State.PREPARING)
    assert story.cluster.copies is None
    assert story.cluster.canary is not None
    assert story.cluster.canary.replicas == 5
    await story.after(seconds=20)
    assert story.cluster.copies is not None


async def test_more_pods_than_can_be_counted_are_said_before_anything_is_made() -> None:
    """A person takes the mirror out and tries again."""
    story = await Story(mirrored("10%")).adopted()
    story.cluster.deployment.edit(replicas=95)
    await story.after(seconds=5)
    await story.release("v2")
    story.expects(weight="0%", reason=reasons.METRICS_MISSING, state=State.PREPARING)
    assert "at most 100 pods, and stable and the canary would have 105: take mirror out" in message(story)
    assert story.cluster.canary is None


async def test_a_rule_that_somebody_removes_is_theirs_to_give_back() -> None:
    """It holds, and resume writes it once more."""
    story = await a_mirror()
    story.cluster.copies = None
    await story.after(seconds=10)
    story.expects(weight="0%", reason=reasons.TRAFFIC_PULLED, state=State.STAGED)
    assert "canary-operator-mirror-checkout" in message(story)
    await story.after(minutes=10)
    assert story.cluster.copies is None
    await story.orders("resume")
    await story.after(seconds=10)
    story.expects(weight="0%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    assert story.cluster.copies == TENTH


@pytest.mark.parametrize("moment", range(8))
async def test_a_death_at_any_write_changes_nothing(moment: int) -> None:
    """Beginning a mirror and ending it, told twice, are told once."""
    story = await Story(mirrored()).adopted()
    story.cluster.commit("v2")
    story.cluster.calls.faults[story.cluster.calls.writes * 2 + moment] = Crash
    await story.after(seconds=10)
    story.expects(weight="0%", state=State.STAGED)
    assert story.cluster.copies == TENTH
    await story.after(minutes=5)
    story.cluster.calls.faults[story.cluster.calls.writes * 2 + moment] = Crash
    await story.after(minutes=1)
    story.expects(weight="5%", state=State.STAGED)
    assert story.cluster.copies is None


async def test_an_abort_ends_the_copies() -> None:
    """Before anything else is done."""
    story = await a_mirror()
    story.cluster.log.clear()
    await story.orders("abort")
    assert orders(story)[0] == (NOBODY, None)
    assert story.cluster.copies is None
    await story.after(seconds=20)
    assert story.status.last_outcome is Outcome.ABORTED


async def test_promote_ends_a_mirror_like_any_stage() -> None:
    story = await a_mirror()
    await story.after(seconds=10)
    await story.orders("promote")
    await story.after(seconds=10)
    story.expects(weight="5%", state=State.STAGED)
