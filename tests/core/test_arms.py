from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, PastRun, Run, State
from canary_operator.core.actions import Announce, Purpose, SetWeight
from canary_operator.core.arms import by_place, by_role, due_share, is_past, is_reversed
from canary_operator.core.decide import decide
from canary_operator.core.world import CanaryFacts, Endpoints, Missing, Problem, Route, RouteRecord, Unknown
from tests.doubles.memory import NOON
from tests.doubles.worlds import AT_REST, a_run, a_world, at_stage

IN_PLACE = replace(AT_REST, revision="v3", replicas=8, available=7)
"""The Deployment has rolled to v3, off traffic; v2 is in the canary."""
CANARY = CanaryFacts("v2", 10, 9)
RECORD = RouteRecord("v3-2", 1, Fraction(19, 20), Purpose.STAGE)


def a_reversed_run(**changes: Any) -> Run:
    return at_stage(**{"id": "v3-2", "revision": "v3", "reversed": True, **changes})


def a_past(run: Run) -> PastRun:
    return PastRun(
        id=run.id,
        revision=run.revision,
        outcome=Outcome.PROMOTED,
        reason="",
        message="",
        started_at=NOON,
        ended_at=NOON,
    )


PLACES = a_world(
    State.STAGED,
    a_reversed_run(),
    status={"stable_revision": "v2"},
    route=Route(Fraction(19, 20), RECORD),
    deployment=IN_PLACE,
    canary=CANARY,
    endpoints=Endpoints(stable=7, canary=9),
)


def test_in_a_reversed_run_the_canary_is_what_the_deployment_runs() -> None:
    """Share, record, pods and endpoints are told by role; the Deployment itself stays what it is."""
    roles = by_role(PLACES)
    assert roles.route == Route(Fraction(1, 20), replace(RECORD, weight=Fraction(1, 20)))
    assert roles.canary == CanaryFacts("v3", 8, 7)
    assert roles.baseline == CANARY
    assert roles.endpoints == Endpoints(stable=9, canary=7)
    assert roles.deployment == IN_PLACE
    assert roles.stable_pods == 9


def test_any_other_run_is_seen_as_it_is() -> None:
    """Nothing is exchanged, and stable's pods are the Deployment's."""
    world = a_world(State.STAGED, at_stage())
    assert by_role(world) is world
    assert world.stable_pods == 10
    order = SetWeight(Fraction(1, 20), Purpose.STAGE, "v2-1", 1)
    assert by_place(world.status, (order,)) == (order,)


def test_orders_name_the_canary_services_share() -> None:
    """And so does the share that they were decided on; other orders stay as they are."""
    order = SetWeight(Fraction(1, 4), Purpose.STAGE, "v3-2", 2, decided_on=Fraction(1, 20))
    told = Announce("StageStarted", "")
    placed = SetWeight(Fraction(3, 4), Purpose.STAGE, "v3-2", 2, decided_on=Fraction(19, 20), reversed=True)
    assert by_place(PLACES.status, (order, told)) == (placed, told)


def test_what_could_not_be_read_stays_unread() -> None:
    """By role as by place."""
    unread = Unknown("timeout")
    roles = by_role(replace(PLACES, route=unread, endpoints=unread, deployment=unread))
    assert (roles.route, roles.endpoints, roles.canary) == (unread, unread, unread)
    refused = by_role(replace(PLACES, deployment=Problem(reasons.ADOPTION_REFUSED, "no")))
    assert refused.canary == Unknown("no", reasons.ADOPTION_REFUSED)
    gone = by_role(replace(PLACES, canary=Missing("canary")))
    assert gone.stable_pods == 0


@pytest.mark.parametrize(
    ("state", "outcome", "past", "expected"),
    [
        (State.PREPARING, None, False, True),
        (State.STAGED, None, False, True),
        (State.CLEANING, Outcome.ROLLED_BACK, False, True),
        (State.CLEANING, Outcome.PROMOTED, False, False),
        (State.CLEANING, Outcome.ROLLED_BACK, True, False),
        (State.STANDING_IN, Outcome.ROLLED_BACK, True, False),
        (State.LEAVING, None, False, False),
    ],
)
def test_roles_end_with_the_run(state: State, outcome: Outcome | None, past: bool, expected: bool) -> None:
    """What follows a promotion, a return to stable, or a deletion is the same for every run."""
    run = a_reversed_run(outcome=outcome)
    world = a_world(state, run, status={"history": (a_past(run),) if past else ()})
    assert is_reversed(world.status) is expected
    assert is_past(world.status) is past


def test_a_canary_that_stands_in_is_due_everything() -> None:
    """Whatever the last run had."""
    assert due_share(a_world(State.STANDING_IN, a_reversed_run(weight=Fraction(0))).status) == 1
    assert due_share(a_world(State.STAGED, a_run(weight=Fraction(1, 4))).status) == Fraction(1, 4)
    assert due_share(a_world(State.RESTING).status) == 0


def test_a_rollback_gives_everything_to_the_canary_before_anything_else() -> None:
    """The first order of the decision, as the route knows it."""
    first = decide(replace(PLACES, verbs={"abort": "true"})).actions[0]
    assert first == SetWeight(Fraction(1), Purpose.ROLL_BACK, "v3-2", 1, reversed=True)
