"""The witness finds what it is there for: a right operator, and one wrong write."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import (
    Abandon,
    Action,
    EnsureCanary,
    Purpose,
    Record,
    RemoveCanary,
    RemoveFinalizer,
    SetWeight,
    Unpause,
)
from canary_operator.core.world import Endpoints
from canary_operator.reconcile.execute import perform
from tests.doubles.memory import Look, ports_of
from tests.stories.model.plans import plans
from tests.stories.model.running import finished
from tests.stories.model.world import World

TENTH, HALF = Fraction(1, 10), Fraction(1, 2)
NEXT = SetWeight(HALF, Purpose.STAGE, "v2-1", 2, decided_on=TENTH)


def a_passed_stage() -> World:
    """The first stage is over, and somebody has just looked: its successor may begin."""
    world = World(plans("Policy"), lag=False)
    world.operator.work()
    world.passes_time(15)
    world.does("commit")
    while world.operator.status.state is not State.STAGED or world.witness.notes.run is None:
        world.passes_time(5)
    world.cluster.answers[Look.ENDPOINTS] = Endpoints(10, 2)
    world.witness.notes.run.seen = world.witness.notes.run.duration()
    return world


def writes(world: World, action: Action) -> None:
    finished(perform(action, world.cluster.rollout(), ports_of(world.cluster)))


def test_a_right_write_is_no_news() -> None:
    """The stage that is due, on what was seen."""
    world = a_passed_stage()
    writes(world, NEXT)
    assert world.cluster.share == HALF


def breached(world: World) -> Action:
    writes(world, SetWeight(Fraction(0), Purpose.ROLL_BACK, "v2-1", 1))
    return SetWeight(HALF, Purpose.STAGE, "v2-1", 2, decided_on=Fraction(0))


def nobody_ready(world: World) -> Action:
    world.cluster.answers[Look.ENDPOINTS] = Endpoints(10, 0)
    return NEXT


def unasked(world: World) -> Action:
    del world.cluster.answers[Look.ENDPOINTS]
    return NEXT


def metrics_down(world: World) -> Action:
    world.cluster.answers["Reading"] = None
    return NEXT


def unseen(world: World) -> Action:
    assert world.witness.notes.run is not None
    world.witness.notes.run.seen *= 0
    return NEXT


def pulled(world: World) -> Action:
    world.cluster.share = TENTH / 2
    return SetWeight(TENTH, Purpose.STAGE, "v2-1", 1, decided_on=TENTH / 2)


def unplanned(_: World) -> Action:
    return SetWeight(Fraction(1, 3), Purpose.STAGE, "v2-1", 2, decided_on=TENTH)


def unanalysed_return(world: World) -> Action:
    world.cluster.deployment.pods["v3"] = 1
    return SetWeight(Fraction(0), Purpose.RELEASE, "v2-1", 1)


def unanalysed_release(world: World) -> Action:
    world.cluster.deployment.pods["v2"] = 1
    return Abandon(unpause=True)


def untrue(world: World) -> Action:
    status = world.operator.status
    assert status.run is not None
    run = status.run.model_copy(update={"outcome": Outcome.ROLLED_BACK, "reason": reasons.HARM})
    return Record(status.model_copy(update={"run": run, "revision": world.cluster.status.revision + 1}))


def unfinished(world: World) -> Action:
    rest = {"run": None, "state": State.RESTING, "revision": world.cluster.status.revision + 1}
    return Record(world.operator.status.model_copy(update=rest))


Wrong = Callable[[World], Action]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (breached, "after a breach"),
        (nobody_ready, "to nobody"),
        (unasked, "without asking for endpoints"),
        (lambda _: RemoveCanary(), "the canary was removed with 1/10"),
        (lambda _: EnsureCanary("v3", 2), "the canary was removed with 1/10"),
        (metrics_down, "while the metrics said"),
        (unseen, "after a stage of which only"),
        (pulled, "which somebody else had set"),
        (unplanned, "is not in the plan"),
        (lambda _: Unpause("v2"), "was let go after stage 1"),
        (unanalysed_return, "analysed by nobody"),
        (unanalysed_release, "by giving the Deployment back"),
        (untrue, "is not what happened"),
        (unfinished, "its record is still on the route"),
        (lambda _: RemoveFinalizer(), "its record is still on the route"),
    ],
)
def test_a_wrong_write_is_found(wrong: Wrong, said: str) -> None:
    """Each rule has at least one write that breaks it and nothing else."""
    world = a_passed_stage()
    with pytest.raises(AssertionError, match=said):
        writes(world, wrong(world))
