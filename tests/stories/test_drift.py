"""Somebody else changes the weight again and again: whoever asked for it has theirs written again, but not for ever."""

from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.core.drift import MOST
from tests.doubles.story import Story, a_spec

PULLED = Fraction(1, 100)


def reapplying(**changes: object) -> Spec:
    spec = a_spec(**changes)  # type: ignore[arg-type]
    return spec.model_copy(update={"traffic": spec.traffic.model_copy(update={"on_drift": "Reapply"})})


async def a_release(spec: Spec | None = None) -> Story:
    story = await Story(spec or reapplying()).adopted()
    await story.release("v2")
    story.expects(weight="5%")
    story.cluster.log.clear()
    return story


async def test_what_somebody_pulled_is_written_again_and_both_are_told() -> None:
    """The change first, so that whoever made it can find out who undid it."""
    story = await a_release()
    story.cluster.share = PULLED
    await story.after(seconds=10)
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)
    assert story.told == [reasons.TRAFFIC_PULLED, reasons.WEIGHT_REAPPLIED]


async def test_a_rule_that_was_taken_away_comes_back() -> None:
    story = await a_release(reapplying(matches=True))
    story.cluster.matched = False
    await story.after(seconds=10)
    assert story.cluster.matched
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)


async def test_two_who_fight_over_the_route_are_stopped() -> None:
    """Five times in a stage, whoever restarts in between; then a person decides, and the next stage counts anew."""
    story = await a_release()
    for _ in range(MOST):
        story.cluster.share = PULLED
        await story.after(seconds=10)
        story.expects(weight="5%")
        await story.restarts()
    story.cluster.share = PULLED
    await story.after(minutes=1)
    story.expects(weight="1%", reason=reasons.TRAFFIC_PULLED)
    assert "two fight over the route" in story.condition("Ready").message
    await story.orders("resume")
    story.expects(weight="5%", reason=reasons.STAGE_RUNNING)
    await story.after(minutes=6)
    story.expects(weight="25%")
    story.cluster.share = PULLED
    await story.after(seconds=10)
    story.expects(weight="25%", reason=reasons.STAGE_RUNNING)


async def test_nothing_is_written_again_to_pods_that_are_not_there() -> None:
    story = await a_release()
    story.cluster.share = Fraction(0)
    story.cluster.lose_canary_pods()
    await story.after(seconds=10, step=1)
    assert Fraction(5, 100) not in story.weights


async def test_what_was_harmful_is_not_written_again() -> None:
    """Whoever raises a canary that was taken back raises it alone."""
    story = await a_release()
    await story.after(minutes=1, canary_bad=0.5)
    assert story.weights[0] == 0
    story.cluster.log.clear()
    story.cluster.share = PULLED
    await story.after(minutes=1)
    assert not any(story.weights)
