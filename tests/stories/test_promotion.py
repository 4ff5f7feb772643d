"""What may come while a promotion is under way, at every step of it. The loop is the real one."""

from fractions import Fraction

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import EnsureCanary, RemoveCanary, SetWeight
from tests.doubles.story import Story, a_spec
from tests.stories.promotions import (
    SHORT,
    STAGES,
    a_promotion,
    a_reversed_run,
    an_overtaken_promotion,
    everything_is_given_back,
)


async def test_a_commit_in_mid_promotion_leaves_the_traffic_on_the_promoted_revision() -> None:
    """v2 passed and is stable; v3 rolls where nobody is sent, and no weight is written."""
    story = await an_overtaken_promotion()
    story.expects(weight="100%", reason=reasons.STANDING_IN, state=State.STANDING_IN)
    assert story.weights == []
    assert story.status.stable_revision == "v2"
    assert story.status.history[0].outcome is Outcome.PROMOTED
    assert "v3" in story.status.history[0].message
    assert not story.cluster.deployment.paused
    assert story.cluster.canary is not None
    assert story.condition("Succeeded").status == "True"
    assert story.condition("Reconciling").status == "True"
    assert story.condition("Ready").status == "True"


async def test_the_next_run_goes_from_the_canary_to_stable_in_stages() -> None:
    """v3 is judged beside v2, stage by stage, and ends where every run ends; no canary is made or scaled for it."""
    story = await a_reversed_run()
    story.expects(weight="90%", reason=reasons.STAGE_RUNNING, state=State.STAGED)
    assert (story.status.stage, story.status.weight) == ("1/3", "10%")
    story.cluster.log.clear()
    await story.after(minutes=3)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert story.weights[:3] == [Fraction(1, 2), Fraction(0), Fraction(0)]
    assert story.status.stable_revision == "v3"
    assert [past.outcome for past in story.status.history] == [Outcome.PROMOTED, Outcome.PROMOTED]
    assert story.cluster.deployment.running == "v3"
    assert everything_is_given_back(story)
    assert not any(isinstance(action, EnsureCanary) for action in story.writes)


async def test_its_canary_drains_before_it_goes() -> None:
    """The last share is taken from the canary's pods a drain before they are."""
    story = await a_reversed_run()
    await story.after(minutes=1, seconds=10)
    assert story.cluster.share == 0
    while story.state is not State.CLEANING:
        await story.after(seconds=5)
    assert story.cluster.canary is not None
    await story.after(seconds=15)
    assert everything_is_given_back(story)


async def test_a_bad_commit_in_mid_promotion_goes_back_to_the_canary() -> None:
    """The first write gives everything to v2's pods; v3 stays in the Deployment, without a user."""
    story = await a_reversed_run()
    story.cluster.bad = {"v3"}
    while story.cluster.share < 1:
        story.cluster.log.clear()
        await story.after(seconds=5)
    first = story.first_write()
    assert isinstance(first, SetWeight)
    assert first.weight == 1
    story.expects(weight="100%", reason=reasons.ROLLED_BACK, state=State.STANDING_IN)
    assert story.condition("Ready").status == "False"
    assert story.condition("Stalled").status == "True"
    assert story.status.stable_revision == "v2"
    await story.after(minutes=20)
    story.expects(weight="100%", reason=reasons.ROLLED_BACK, state=State.STANDING_IN)
    assert story.status.runs == 2
    assert len([action for action in story.writes if isinstance(action, SetWeight)]) == 1


async def test_after_it_the_next_commit_is_tried() -> None:
    """v4 takes v3's place in the Deployment and runs from the first stage."""
    story = await a_reversed_run()
    await story.after(seconds=60, baseline_bad=0.5)
    await story.release("v4")
    story.cluster.roll(10)
    await story.passes()
    story.expects(weight="90%", state=State.STAGED)
    await story.after(minutes=3)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert story.status.stable_revision == "v4"
    assert everything_is_given_back(story)


async def test_after_it_the_reverted_commit_needs_no_run() -> None:
    """v2 is rolled out again and gets its traffic from the canary, all at once."""
    story = await a_reversed_run()
    await story.after(seconds=60, baseline_bad=0.5)
    await story.release("v2")
    story.expects(weight="100%", reason=reasons.STANDING_IN)
    assert story.condition("Ready").status == "True"
    story.cluster.roll(9)
    await story.after(seconds=30)
    story.expects(weight="100%")
    story.cluster.roll(1)
    await story.after(seconds=15)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert story.status.stable_revision == "v2"
    assert story.status.runs == 2
    assert len(story.status.history) == 2
    assert everything_is_given_back(story)


async def test_after_it_retry_tries_once_more() -> None:
    """By hand, never by itself."""
    story = await a_reversed_run()
    await story.after(seconds=60, baseline_bad=0.5)
    await story.orders("retry")
    story.expects(weight="90%", state=State.STAGED)
    assert story.status.runs == 3


async def test_abort_gives_everything_back_to_the_canary() -> None:
    """As in any run: the route first."""
    story = await a_reversed_run()
    story.cluster.log.clear()
    await story.orders("abort")
    first = story.first_write()
    assert isinstance(first, SetWeight)
    assert first.weight == 1
    story.expects(weight="100%", reason=reasons.ABORTED, state=State.STANDING_IN)
    assert story.cluster.verbs == {}
    await story.orders("abort")
    assert reasons.VERB_IGNORED in story.told


async def test_a_commit_in_the_reversed_run_takes_its_place() -> None:
    """The canary has everything again before v4 makes its first pod."""
    story = await a_reversed_run()
    await story.release("v4")
    story.expects(weight="100%", state=State.STANDING_IN)
    assert story.status.history[0].outcome is Outcome.SUPERSEDED
    assert story.cluster.deployment.pods.keys() == {"v3"}
    assert not story.cluster.deployment.paused
    story.cluster.roll(10)
    await story.passes()
    story.expects(weight="90%", state=State.STAGED)
    assert story.status.run is not None
    assert story.status.run.revision == "v4"


async def test_a_revert_while_the_commit_still_rolls_needs_no_run() -> None:
    """Back to v2 before v3 was ever ready."""
    story = await an_overtaken_promotion()
    story.cluster.roll(3)
    await story.release("v2")
    story.cluster.roll(10)
    await story.after(seconds=15)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert [past.revision for past in story.status.history] == ["v2"]
    assert everything_is_given_back(story)


async def test_a_commit_that_never_gets_ready_leaves_the_traffic_where_it_is() -> None:
    """At the deadline people are told, once; the canary is neither scaled nor removed."""
    story = await an_overtaken_promotion()
    story.cluster.roll(3)
    await story.after(minutes=30, step=15)
    story.expects(weight="100%", reason=reasons.PROMOTION_STALLED, state=State.STANDING_IN)
    assert story.told.count(reasons.PROMOTION_STALLED) == 1
    assert not any(isinstance(action, EnsureCanary | RemoveCanary) for action in story.writes)


async def test_a_commit_does_not_roll_while_somebody_sends_traffic_to_it() -> None:
    """Stable's share was raised by hand: nothing is unpaused under it until a person says resume."""
    story = await a_promotion()
    story.cluster.roll(5)
    story.cluster.share = Fraction(1, 2)
    await story.release("v3")
    await story.after(minutes=5)
    story.expects(weight="50%", reason=reasons.TRAFFIC_PULLED, state=State.STANDING_IN)
    assert story.cluster.deployment.paused
    await story.orders("resume")
    story.expects(weight="100%", reason=reasons.STANDING_IN)
    assert not story.cluster.deployment.paused


async def test_a_canary_that_stands_in_and_loses_its_pods_holds() -> None:
    """What the Deployment runs was analysed by nobody: people are told, and decide."""
    story = await an_overtaken_promotion()
    story.cluster.roll(3)
    story.cluster.lose_canary_pods()
    await story.after(minutes=2, step=1)
    story.expects(weight="100%", reason=reasons.STAND_IN_LOST)
    assert story.told.count(reasons.STAND_IN_LOST) == 1
    story.cluster.bring_canary_pods_back()
    await story.after(seconds=5, step=1)
    story.expects(weight="100%", reason=reasons.STANDING_IN)


async def test_a_deployment_that_loses_its_pods_in_the_reversed_run_loses_its_traffic() -> None:
    """After two seconds the canary has everything; with pods the same stage begins again."""
    story = await a_reversed_run()
    pods, story.cluster.deployment.pods = story.cluster.deployment.pods, type(story.cluster.deployment.pods)()
    await story.after(seconds=5, step=1)
    story.expects(weight="100%", state=State.PREPARING)
    story.cluster.deployment.pods = pods
    await story.after(seconds=5, step=1)
    story.expects(weight="90%", state=State.STAGED)
    assert len(story.status.history) == 1


async def test_traffic_that_somebody_pulls_in_the_reversed_run_is_not_raised_again() -> None:
    """Lower is lower for the new revision, whichever Service it is behind."""
    story = await a_reversed_run()
    story.cluster.share = Fraction(99, 100)
    await story.after(minutes=5)
    story.expects(weight="99%", reason=reasons.TRAFFIC_PULLED)
    await story.orders("resume")
    story.expects(weight="90%", reason=reasons.STAGE_RUNNING)


async def test_a_reversed_run_waits_for_a_deployment_that_is_large_enough() -> None:
    """An autoscaler shrank it while nobody was sent there; its size is its owner's."""
    story = await an_overtaken_promotion()
    story.cluster.deployment.replicas = 3
    story.cluster.roll(3)
    await story.after(minutes=5)
    story.expects(weight="90%", reason=reasons.STABLE_MAY_SHRINK, state=State.PREPARING)
    story.cluster.deployment.replicas = 10
    story.cluster.roll(10)
    await story.after(minutes=5)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)


async def test_deleting_it_meanwhile_says_what_users_get() -> None:
    """Only v2's canary was analysed, and it has to go: traffic waits for a pod, then people are told."""
    story = await a_reversed_run()
    story.cluster.log.clear()
    pods, story.cluster.deployment.pods = story.cluster.deployment.pods, type(story.cluster.deployment.pods)()
    story.cluster.deleting = True
    await story.after(seconds=30)
    story.expects(weight="90%", reason=reasons.NO_STABLE_ENDPOINTS, state=State.LEAVING)
    story.cluster.deployment.pods = pods
    await story.after(seconds=15)
    assert everything_is_given_back(story)
    assert not story.cluster.finalizer
    assert story.told.count(reasons.NOT_ANALYSED) == 1


async def test_deleting_it_when_stable_is_back_says_nothing() -> None:
    """What the Deployment runs was analysed."""
    story = await a_promotion()
    story.cluster.roll(10)
    story.cluster.deleting = True
    await story.after(seconds=15)
    assert everything_is_given_back(story)
    assert reasons.NOT_ANALYSED not in story.told


@pytest.mark.parametrize("order", ["harm", "abort"])
async def test_before_the_unpause_all_is_as_in_any_stage(order: str) -> None:
    """The Deployment is still paused: a breach or an abort takes everything back."""
    story = await Story(SHORT).adopted()
    await story.release("v2")
    while story.cluster.share < 1:
        await story.after(seconds=5)
    if order == "harm":
        await story.after(seconds=20, canary_bad=1.0)
    else:
        await story.orders("abort")
    await story.after(seconds=15)
    expected = reasons.ROLLED_BACK if order == "harm" else reasons.ABORTED
    story.expects(weight="0%", reason=expected, state=State.RESTING)
    assert story.cluster.deployment.running == "v1"
    assert story.cluster.deployment.paused


async def test_a_breach_after_the_unpause_holds_even_when_the_deployment_is_rolled_out() -> None:
    """Traffic stays where it is, people are told once, and a mended revision follows in stages."""
    story = await a_promotion()
    story.cluster.roll(5)
    await story.after(minutes=1, canary_bad=1.0)
    story.expects(weight="100%", reason=reasons.PROMOTION_BREACH, state=State.PROMOTING)
    story.cluster.roll(5)
    await story.after(minutes=10)
    story.expects(weight="100%", reason=reasons.PROMOTION_BREACH)
    assert story.told.count(reasons.PROMOTION_BREACH) == 1
    await story.orders("promote")
    story.expects(weight="100%", reason=reasons.PROMOTION_BREACH)
    await story.release("v3")
    story.cluster.roll(10)
    await story.after(seconds=10)
    story.expects(weight="90%", state=State.STAGED)
    assert "harm was seen" in story.status.history[0].message


async def test_an_abort_after_the_unpause_holds_until_a_person_says_resume() -> None:
    """There is no way back, and nothing goes on by itself either."""
    story = await a_promotion()
    await story.orders("abort")
    story.expects(weight="100%", reason=reasons.PROMOTION_BREACH, state=State.PROMOTING)
    assert story.cluster.verbs == {}
    story.cluster.roll(10)
    await story.after(minutes=5)
    await story.restarts()
    story.expects(weight="100%", reason=reasons.PROMOTION_BREACH)
    await story.orders("resume")
    await story.after(seconds=15)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert story.status.stable_revision == "v2"


async def test_a_promotion_that_stalls_keeps_its_canary() -> None:
    """At the deadline people are told; the canary is neither scaled down nor removed, and it goes on by itself."""
    story = await a_promotion()
    story.cluster.roll(9)
    story.cluster.log.clear()
    await story.after(minutes=30, step=15)
    story.expects(weight="100%", reason=reasons.PROMOTION_STALLED)
    assert story.told.count(reasons.PROMOTION_STALLED) == 1
    assert not any(isinstance(action, EnsureCanary | RemoveCanary | SetWeight) for action in story.writes)
    story.cluster.roll(1)
    await story.after(seconds=15)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)


async def test_without_the_admission_policy_the_reversed_run_is_paused_before_it_gets_traffic() -> None:
    """With `adoption: Pause` v3 rolls at once, off traffic; v4 must not do so under traffic."""
    story = await a_reversed_run(Story(a_spec(stages=STAGES, duration="30s", adoption="Pause", minCanaryRequests=10)))
    story.expects(weight="90%", state=State.STAGED)
    assert story.cluster.deployment.paused
    await story.release("v4")
    story.expects(weight="100%", state=State.STANDING_IN)
    assert story.cluster.deployment.pods.keys() == {"v3"}
    story.cluster.roll(10)
    await story.after(minutes=4)
    story.expects(weight="0%", reason=reasons.AT_REST, state=State.RESTING)
    assert story.status.stable_revision == "v4"
    assert story.cluster.deployment.paused
