"""A route that the operator makes: there before anybody needs it, there again when somebody takes it away."""

from fractions import Fraction

import pytest

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import Adopt, Announce, MakeRoutes, SetWeight
from tests.doubles.memory import Crash
from tests.doubles.story import Story, a_spec

MADE = "VirtualService shop/checkout does not exist and is made"
WRITES = 24
"""More than a run makes."""


def managed() -> Story:
    asked = a_spec(stages=("10%", "50%", "100%"), duration="30s", minCanaryRequests=10).model_dump(by_alias=True)
    asked["traffic"]["istio"]["virtualServices"][0]["managedRoute"] = True
    story = Story(Spec.model_validate(asked))
    story.cluster.makes_route, story.cluster.route_exists = True, False
    return story


def taken_away(story: Story) -> None:
    cluster = story.cluster
    cluster.route_exists, cluster.record, cluster.share, cluster.matched = False, None, Fraction(0), False
    cluster.log.clear()


async def test_it_is_made_before_the_deployment_is_adopted() -> None:
    """With all traffic on stable, so whoever refers to it now finds it."""
    story = await managed().adopted()
    made, adopted = (
        story.writes.index(MakeRoutes()),
        next(place for place, action in enumerate(story.writes) if isinstance(action, Adopt)),
    )
    assert made < adopted
    assert story.cluster.share == 0
    assert (story.cluster.record, story.state) == (None, State.RESTING)
    assert any(isinstance(each, Announce) and each.message == MADE and not each.warning for each in story.cluster.log)


async def test_nothing_is_adopted_before_somebody_delegates_to_it() -> None:
    """The route is there, and the condition says what is missing."""
    story = managed()
    story.cluster.delegated = False
    await story.adopted()
    assert story.cluster.route_exists
    assert (story.state, story.reason) == (State.OUTSIDE, reasons.ROUTE_NOT_DELEGATED)
    story.cluster.delegated = True
    await story.after(seconds=10)
    assert story.state is State.RESTING


async def test_no_weight_rises_while_nobody_delegates_to_it() -> None:
    """A run that began waits before its first stage, and holds in a later one; harm would still be answered."""
    story = await managed().adopted()
    story.cluster.delegated = False
    await story.release("v2")
    assert (story.state, story.reason) == (State.PREPARING, reasons.ROUTE_NOT_DELEGATED)
    story.cluster.delegated = True
    await story.after(seconds=5)
    assert story.state is State.STAGED
    story.cluster.delegated = False
    await story.after(minutes=5)
    assert (story.state, story.reason, story.cluster.share) == (
        State.STAGED,
        reasons.ROUTE_NOT_DELEGATED,
        Fraction(1, 10),
    )
    await story.after(minutes=1, canary_bad=1.0)
    assert story.status.last_outcome is Outcome.ROLLED_BACK


async def test_at_rest_it_is_made_again_at_once() -> None:
    """And people are told, for users had no answer meanwhile."""
    story = await managed().adopted()
    taken_away(story)
    await story.passes()
    assert story.writes[0] == MakeRoutes()
    assert any(isinstance(each, Announce) and each.message == MADE and each.warning for each in story.cluster.log)
    assert story.state is State.RESTING


async def test_in_a_stage_it_is_made_with_the_weight_of_the_run() -> None:
    """Nobody loses what they had, nobody more gets the canary, and the stage goes on to the end of the release."""
    story = await managed().adopted()
    await story.release("v2")
    await story.after(seconds=40)
    assert story.cluster.share == Fraction(1, 2)
    taken_away(story)
    await story.passes()
    (made,) = [action for action in story.writes if isinstance(action, MakeRoutes)]
    assert made.order is not None
    assert (made.order.weight, story.cluster.share, story.state) == (Fraction(1, 2), Fraction(1, 2), State.STAGED)
    await story.after(minutes=3)
    assert story.status.last_outcome is Outcome.PROMOTED
    assert story.cluster.share == 0
    assert story.cluster.record is None


async def test_what_somebody_had_pulled_stays_pulled() -> None:
    """The route is made with stable alone, the hold goes on, and `resume` gives the canary its weight."""
    story = await managed().adopted()
    await story.release("v2")
    await story.after(seconds=5)
    story.cluster.share = Fraction(0)
    await story.passes()
    assert story.reason == reasons.TRAFFIC_PULLED
    taken_away(story)
    await story.after(seconds=10)
    assert [action for action in story.writes if isinstance(action, MakeRoutes)] == [MakeRoutes()]
    assert (story.reason, story.cluster.share) == (reasons.TRAFFIC_PULLED, Fraction(0))
    await story.orders("resume")
    assert story.cluster.share == Fraction(1, 10)


async def test_a_canary_that_may_be_lost_gets_nothing() -> None:
    """Its pods were seen unready a moment ago."""
    story = await managed().adopted()
    await story.release("v2")
    await story.after(seconds=5)
    story.cluster.lose_canary_pods()
    await story.passes()
    taken_away(story)
    await story.passes()
    assert [action for action in story.writes if isinstance(action, MakeRoutes)] == [MakeRoutes()]
    assert story.cluster.share == 0


async def test_before_the_first_weight_it_is_made_with_stable_alone() -> None:
    """No canary pod is known to be ready."""
    story = await managed().adopted()
    story.cluster.canary_starts = False
    await story.release("v2")
    taken_away(story)
    await story.passes()
    assert [action for action in story.writes if isinstance(action, MakeRoutes)] == [MakeRoutes()]


async def test_harm_found_while_it_is_gone_makes_it_without_the_canary() -> None:
    """The very order that takes the traffic back makes it; no pass gives the canary its weight first."""
    story = await managed().adopted()
    await story.release("v2")
    await story.after(seconds=5)
    taken_away(story)
    story.cluster.verbs["abort"] = "true"
    await story.after(seconds=15)
    first = next(action for action in story.writes if isinstance(action, SetWeight | MakeRoutes))
    assert isinstance(first, SetWeight)
    assert first.weight == 0
    assert story.cluster.route_exists
    assert story.status.last_outcome is Outcome.ABORTED


async def test_in_a_promotion_it_is_made_with_the_canary_that_has_everything() -> None:
    """The Deployment rolls behind the stable Service; its pods may be of either revision."""
    story = await managed().adopted()
    await story.release("v2")
    story.cluster.rolls = 0
    await story.after(minutes=2)
    assert story.state is State.PROMOTING
    taken_away(story)
    await story.passes()
    assert story.cluster.route_exists
    assert story.cluster.share == 1


async def test_a_canary_that_stands_in_for_stable_has_everything_again() -> None:
    """Behind the stable Service is a revision that nobody has analysed, also in the reversed run that follows."""
    story = await managed().adopted()
    await story.release("v2")
    story.cluster.rolls = 1
    await story.after(minutes=1, step=1)
    while story.state is not State.PROMOTING:
        await story.after(seconds=1, step=1)
    await story.after(seconds=1, step=1)
    story.cluster.rolls = 0
    await story.release("v3")
    assert story.status.state.value == State.STANDING_IN.value
    taken_away(story)
    await story.passes()
    assert story.cluster.route_exists
    assert story.cluster.share == 1
    story.cluster.rolls = None
    await story.after(seconds=2, step=1)
    assert story.status.run is not None
    assert story.status.run.reversed
    before = story.cluster.share
    taken_away(story)
    await story.passes()
    assert (story.cluster.route_exists, story.cluster.share) == (True, before)


@pytest.mark.thorough
@pytest.mark.parametrize("moment", range(2 * WRITES))
async def test_a_kill_around_every_write_leaves_no_route_missing(moment: int) -> None:
    """Also when the route goes away in the middle of the run."""
    story = await managed().adopted()
    await story.release("v2")
    story.cluster.calls.faults[story.cluster.calls.writes * 2 + moment] = Crash
    taken_away(story)
    await story.after(seconds=40)
    assert story.cluster.route_exists
    await story.after(minutes=3)
    assert story.status.last_outcome is Outcome.PROMOTED


async def test_it_stays_when_the_rollout_is_deleted() -> None:
    """Whoever delegates to it would get no answer without it; that is told."""
    story = await managed().adopted()
    await story.release("v2")
    await story.after(seconds=5)
    story.cluster.deleting = True
    await story.after(minutes=1)
    assert story.cluster.gone
    assert story.cluster.route_exists
    assert story.cluster.share == 0
    assert story.cluster.record is None
    assert reasons.ROUTE_KEPT in story.told
