"""The operator was killed when the traffic was given back to stable, before it could write down that it was."""

from fractions import Fraction

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Hold, Run, State
from canary_operator.core.actions import Purpose
from canary_operator.core.recognise import recognise
from canary_operator.core.world import Missing, Problem, Route, RouteRecord
from tests.doubles.memory import NOON
from tests.doubles.worlds import a_world, at_stage

GONE = Missing("VirtualService shop/inside")
REFUSED = Problem(reasons.ROUTE_NOT_ACCEPTED, "HTTPRoute shop/checkout is not obeyed by Gateway web")
PULLED = Hold(reason=reasons.TRAFFIC_PULLED, message="somebody set the weight to 1%", since=NOON)


def after_a_kill(run: Run, *faults: Problem | Missing) -> Run:
    record = RouteRecord(run.id, run.stage, Fraction(0), Purpose.STAGE)
    world = a_world(State.STAGED, run, route=Route(Fraction(0), record, faults=faults))
    known = recognise(world)
    assert known.status.state is State.PREPARING
    assert known.run.weight == 0
    return known.run


@pytest.mark.parametrize(
    ("run", "faults", "cause"),
    [
        (at_stage(), [GONE], "VirtualService shop/inside does not exist any more"),
        (at_stage(), [REFUSED], REFUSED.message),
        (at_stage(hold=PULLED), [], PULLED.message),
        (at_stage(reapply=True), [], "somebody had changed the route"),
    ],
    ids=["a route gone", "not accepted", "pulled", "asked for again"],
)
def test_what_waited_for_a_person_waits_and_says_why(run: Run, faults: list[Problem | Missing], cause: str) -> None:
    known = after_a_kill(run, *faults)
    assert known.paused
    assert known.paused_for is not None
    assert known.paused_for.startswith(f"the traffic was given back to stable: {cause}; ")


def test_what_was_paused_by_hand_is_said_to_be() -> None:
    known = after_a_kill(at_stage(paused=True), GONE)
    assert (known.paused, known.paused_for) == (True, None)


def test_a_canary_without_pods_gets_its_traffic_again_by_itself() -> None:
    known = after_a_kill(at_stage())
    assert (known.paused, known.paused_for) == (False, None)
