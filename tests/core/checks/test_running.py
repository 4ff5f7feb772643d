"""News that can come at any moment of a run; most of them are told by the stories."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Run, State
from canary_operator.core.actions import SetWeight
from canary_operator.core.checks import CHECKS
from canary_operator.core.findings import Finding, first
from canary_operator.core.moves import MOVES
from canary_operator.core.transitions import Event
from canary_operator.core.world import Problem, Route, World
from tests.doubles.worlds import DEPLOYMENT, a_run, a_world, at_stage

LOST = Problem(reasons.SUBSET_LOST, "DestinationRule shop/checkout has no subset canary")


def without_a_subset(state: State, run: Run, **parts: Any) -> World:
    return a_world(state, run, route=Route(run.weight, None, faults=(LOST,)), **parts)


def found(world: World) -> Finding:
    return first(CHECKS[world.status.state], world)


@pytest.mark.parametrize(
    ("state", "run"),
    [
        (State.STAGED, at_stage()),
        (State.PREPARING, a_run(stage=2, weight=Fraction(1, 20))),
        (State.PROMOTING, at_stage(stage=3, weight="1")),
    ],
)
def test_a_subset_that_was_taken_away_takes_the_traffic_back_and_a_person_raises_it_again(
    state: State, run: Run
) -> None:
    """Whoever is sent there gets 503s; a tool that removes it would remove it again."""
    world = without_a_subset(state, run)
    finding = found(world)
    assert (finding.event, finding.reason) == (Event.CANARY_LOST, LOST.reason)
    assert finding.message.startswith(LOST.message)
    assert "resume=true" in finding.message
    move = MOVES[finding.event](world, finding)
    assert isinstance(move.actions[0], SetWeight)
    assert move.actions[0].weight == 0
    assert move.status.run is not None
    assert move.status.run.paused


def test_where_there_is_no_way_back_it_holds_and_says_so() -> None:
    """The Deployment rolls already, or the canary's subset has the stable revision."""
    rolling = replace(DEPLOYMENT, paused=False, rolling=True)
    late = without_a_subset(State.PROMOTING, at_stage(stage=3, weight="1"), deployment=rolling)
    back_to_front = without_a_subset(State.STAGED, at_stage(reversed=True), deployment=replace(rolling, rolling=False))
    for world in (late, back_to_front):
        assert (found(world).event, found(world).reason) == (Event.HELD, LOST.reason)


@pytest.mark.parametrize(
    "reason", [reasons.SUBSET_LOST, reasons.DESTINATION_RULE_NOT_FOUND, reasons.SUBSET_UNSUPPORTED]
)
def test_a_rule_that_is_gone_keeps_nobody_from_tidying_up(reason: str) -> None:
    """There is nothing in it that could be given back."""
    run = a_run(outcome="Aborted", reason="Aborted", message="by hand")
    world = a_world(State.CLEANING, run, route=Route(Fraction(0), None, faults=(Problem(reason, "gone"),)))
    assert found(world).event is Event.DRAINED
