"""News that can come at any moment of a run; most of them are told by the stories."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Run, State
from canary_operator.core.actions import SetWeight
from canary_operator.core.checks import CHECKS
from canary_operator.core.checks.running import paused
from canary_operator.core.findings import Finding, first
from canary_operator.core.moves import MOVES
from canary_operator.core.transitions import Event
from canary_operator.core.world import Problem, Route, World
from tests.doubles.worlds import DEPLOYMENT, a_run, a_world, at_stage

LOST = Problem(reasons.SUBSET_LOST, "DestinationRule shop/checkout has no subset canary")
REFUSED = Problem(reasons.ROUTE_NOT_ACCEPTED, "HTTPRoute shop/checkout is not obeyed by Gateway web")


def leading_nowhere(state: State, run: Run, fault: Problem = LOST, **parts: Any) -> World:
    return a_world(state, run, route=Route(run.weight, None, faults=(fault,)), **parts)


def found(world: World) -> Finding:
    return first(CHECKS[world.status.state], world)


@pytest.mark.parametrize("fault", [LOST, REFUSED])
@pytest.mark.parametrize(
    ("state", "run"),
    [
        (State.STAGED, at_stage()),
        (State.PREPARING, a_run(stage=2, weight=Fraction(1, 20))),
        (State.PROMOTING, at_stage(stage=3, weight="1")),
    ],
)
def test_a_route_that_leads_nowhere_takes_the_traffic_back_and_a_person_raises_it_again(
    state: State, run: Run, fault: Problem
) -> None:
    """Whoever is sent there gets 503s or 404s; what happened once would happen again."""
    world = leading_nowhere(state, run, fault)
    finding = found(world)
    assert (finding.event, finding.reason) == (Event.CANARY_LOST, fault.reason)
    move = MOVES[finding.event](world, finding)
    assert isinstance(move.actions[0], SetWeight)
    assert move.actions[0].weight == 0
    assert move.status.run is not None
    assert move.status.run.paused
    waiting = paused(replace(world, status=move.status))
    assert waiting is not None
    assert (waiting.event, waiting.reason) == (Event.HELD, reasons.PAUSED)
    assert waiting.message == (
        f"the traffic was given back to stable: {fault.message}; with that mended annotate resume=true to begin the "
        "stage anew"
    )
    assert [told.message for told in move.told] == [waiting.message]


def test_where_there_is_no_way_back_it_holds_and_says_so() -> None:
    """The Deployment rolls already, or the canary's subset has the stable revision."""
    rolling = replace(DEPLOYMENT, paused=False, rolling=True)
    late = leading_nowhere(State.PROMOTING, at_stage(stage=3, weight="1"), deployment=rolling)
    back_to_front = leading_nowhere(State.STAGED, at_stage(reversed=True), deployment=replace(rolling, rolling=False))
    for world in (late, back_to_front):
        assert (found(world).event, found(world).reason) == (Event.HELD, LOST.reason)


@pytest.mark.parametrize(
    "reason",
    [
        reasons.SUBSET_LOST,
        reasons.DESTINATION_RULE_NOT_FOUND,
        reasons.SUBSET_UNSUPPORTED,
        reasons.ROUTE_NOT_ACCEPTED,
    ],
)
def test_a_rule_that_is_gone_keeps_nobody_from_tidying_up(reason: str) -> None:
    """There is nothing in it that could be given back."""
    run = a_run(outcome="Aborted", reason="Aborted", message="by hand")
    world = a_world(State.CLEANING, run, route=Route(Fraction(0), None, faults=(Problem(reason, "gone"),)))
    assert found(world).event is Event.DRAINED
