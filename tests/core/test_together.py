"""Several routes read as one: what stands for all, and how a write that got only so far is known."""

from dataclasses import replace
from fractions import Fraction

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Intent, State
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.arms import by_place, by_role
from canary_operator.core.decide import decide
from canary_operator.core.together import half_given, half_withdrawn, released, strange, together
from canary_operator.core.transitions import Event
from canary_operator.core.world import Look, Missing, Problem, Route, RouteRecord, Unknown, World
from tests.doubles.worlds import a_run, a_world, at_stage

TWENTIETH, QUARTER, NOTHING, WHOLE = Fraction(1, 20), Fraction(1, 4), Fraction(0), Fraction(1)
RUN = at_stage(1)
NEXT = a_run(stage=2, weight=TWENTIETH, intent=Intent(weight=QUARTER, stage=2))
GONE = Missing("VirtualService shop/mesh")


def a_route(
    name: str,
    share: Fraction,
    weight: Fraction | None = None,
    purpose: Purpose = Purpose.STAGE,
    stage: int = 1,
) -> Route:
    """Recorded with the weight that it has, or another one."""
    return Route(share, RouteRecord(RUN.id, stage, share if weight is None else weight, purpose), name=name)


def of(*found: Look) -> Route:
    route = together(found)
    assert isinstance(route, Route)
    return route


def in_a_run(route: Look, run: object = RUN, state: State = State.STAGED) -> World:
    return replace(a_world(state, RUN), route=route, status=a_world(state, run).status)  # type: ignore[arg-type]


EVEN = of(a_route("gateway", TWENTIETH), a_route("mesh", TWENTIETH))


def test_one_route_is_itself() -> None:
    """Whatever was found."""
    for found in (a_route("gateway", TWENTIETH), GONE, Problem("Why", "because"), Unknown("not yet")):
        assert together([found]) is found


def test_the_highest_share_stands_for_all() -> None:
    """Somebody still has the canary."""
    route = of(a_route("gateway", NOTHING), a_route("mesh", QUARTER))
    assert (route.share, route.feeds) == (QUARTER, True)
    assert not route.is_at(QUARTER)
    assert EVEN.is_at(TWENTIETH)


def test_what_is_not_answered_is_no_route_yet() -> None:
    """However much of it is known."""
    assert together([a_route("gateway", TWENTIETH), Unknown("not yet")]) == Unknown("not yet")


def test_what_cannot_be_read_is_told_beside_what_can() -> None:
    """And where nothing can, the first reason."""
    route = of(GONE, a_route("gateway", TWENTIETH))
    assert (route.faults, route.share, len(route.each)) == ((GONE,), TWENTIETH, 1)
    assert together([GONE, Problem("Why", "because")]) == GONE


@pytest.mark.parametrize("purpose", [Purpose.ROLL_BACK, Purpose.RELEASE])
@pytest.mark.parametrize("turned", [False, True])
def test_the_most_urgent_record_speaks_for_all(purpose: Purpose, turned: bool) -> None:
    """In whatever order they are named."""
    parts = [a_route("gateway", QUARTER, stage=2), a_route("mesh", NOTHING, purpose=purpose)]
    record = of(*(reversed(parts) if turned else parts)).record
    assert record is not None
    assert record.purpose is purpose


def test_a_rise_that_stopped_half_way_is_no_drift() -> None:
    """The one that has it and the one that has not are both ours; the same rise follows, over what each has."""
    route = of(a_route("gateway", QUARTER, stage=2), a_route("mesh", TWENTIETH))
    assert half_given(route, NEXT)
    assert strange(route, NEXT) == ()
    decision = decide(in_a_run(route, NEXT, State.PREPARING))
    assert decision.finding.event is Event.CANARY_READY
    (order,) = [action for action in decision.actions if isinstance(action, SetWeight)]
    assert order.weight == QUARTER
    assert order.may_replace(TWENTIETH, "mesh")
    assert order.may_replace(QUARTER, "gateway")
    assert not order.may_replace(NOTHING, "mesh")


@pytest.mark.parametrize(
    "mesh",
    [
        a_route("mesh", NOTHING, TWENTIETH),
        Route(NOTHING, None, name="mesh"),
        replace(a_route("mesh", TWENTIETH), lost=("a rule",)),
    ],
    ids=["pulled", "put back", "a rule taken"],
)
def test_whoever_changed_one_is_told_from_a_write_that_stopped(mesh: Route) -> None:
    """Its share is not what its own record says, so nothing rises."""
    route = of(a_route("gateway", QUARTER, stage=2), mesh)
    assert [one.name for one in strange(route, NEXT)] == ["mesh"]
    decision = decide(in_a_run(route, NEXT, State.PREPARING))
    assert decision.finding.reason == reasons.TRAFFIC_PULLED
    assert not [action for action in decision.actions if isinstance(action, SetWeight)]


def test_a_withdrawal_that_stopped_half_way_is_finished() -> None:
    """Though the canary's pods are back."""
    route = of(a_route("gateway", NOTHING), a_route("mesh", TWENTIETH))
    assert half_withdrawn(route, RUN)
    decision = decide(in_a_run(route))
    assert decision.finding.event is Event.CANARY_LOST
    (order,) = [action for action in decision.actions if isinstance(action, SetWeight)]
    assert order.weight == 0
    assert decision.status.run is not None
    assert not decision.status.run.paused


def test_a_withdrawal_of_one_that_somebody_pulled_waits_for_a_person() -> None:
    """As with a single route."""
    route = of(a_route("gateway", NOTHING), a_route("mesh", Fraction(1, 50), TWENTIETH))
    decision = decide(in_a_run(route))
    assert decision.status.run is not None
    assert decision.status.run.paused


@pytest.mark.parametrize("state", [State.STAGED, State.PREPARING])
def test_a_rollback_that_stopped_half_way_is_finished(state: State) -> None:
    """The order goes to all of them."""
    route = of(a_route("gateway", NOTHING, purpose=Purpose.ROLL_BACK), a_route("mesh", TWENTIETH))
    decision = decide(in_a_run(route, state=state))
    assert decision.finding.event is Event.HARMED
    assert isinstance(decision.actions[0], SetWeight)


def test_a_release_that_stopped_half_way_is_finished() -> None:
    """The promotion is over, whatever becomes of a pod in this very moment."""
    route = of(a_route("gateway", NOTHING, purpose=Purpose.RELEASE), a_route("mesh", WHOLE))
    assert released(route)
    run = at_stage(3, "1", unpaused=True)
    assert decide(in_a_run(route, run, State.PROMOTING)).finding.event is Event.ROLLED_OUT


def test_one_that_is_gone_takes_the_traffic_of_the_others_back() -> None:
    """And is named."""
    decision = decide(in_a_run(of(a_route("gateway", TWENTIETH), GONE)))
    assert (decision.finding.event, decision.finding.reason) == (Event.CANARY_LOST, reasons.ROUTE_NOT_FOUND)
    assert decision.finding.message.startswith("VirtualService shop/mesh does not exist any more")
    later = decide(in_a_run(of(a_route("gateway", NOTHING), GONE), decision.status.run, State.PREPARING))
    assert (later.finding.event, later.finding.reason) == (Event.HELD, reasons.ROUTE_NOT_FOUND)


def test_a_problem_in_one_of_them_holds_and_takes_nothing_back() -> None:
    """As with a single route."""
    decision = decide(in_a_run(of(a_route("gateway", TWENTIETH), Problem(reasons.ROUTE_AMBIGUOUS, "name one"))))
    assert (decision.finding.event, decision.finding.reason) == (Event.HELD, reasons.ROUTE_AMBIGUOUS)
    assert not [action for action in decision.actions if isinstance(action, SetWeight)]


def test_after_a_run_the_traffic_of_all_that_are_left_goes_before_anything_is_said_of_the_rest() -> None:
    """A rule that can't be read is told when nobody has the canary any more."""
    broken = Problem(reasons.ROUTE_RECORD_UNREADABLE, "repair it")
    fed = decide(in_a_run(of(a_route("gateway", TWENTIETH), broken), state=State.CLEANING))
    assert fed.finding.event is Event.TRAFFIC_LEFT
    emptied = decide(in_a_run(of(a_route("gateway", NOTHING), broken), state=State.CLEANING))
    assert emptied.finding.reason == reasons.ROUTE_RECORD_UNREADABLE


def test_in_a_reversed_run_each_is_read_in_terms_of_roles() -> None:
    """And the order is put back in terms of places, over what each has there."""
    run = NEXT.model_copy(update={"reversed": True})
    route = of(a_route("gateway", 1 - QUARTER, stage=2), a_route("mesh", 1 - TWENTIETH))
    world = in_a_run(route, run, State.PREPARING)
    assert isinstance(seen := by_role(world).route, Route)
    assert [one.share for one in seen.each] == [QUARTER, TWENTIETH]
    assert seen.share == QUARTER
    order = SetWeight(QUARTER, Purpose.STAGE, run.id, 2, decided_on=QUARTER, apart=(("mesh", TWENTIETH),))
    (placed,) = by_place(world.status, (order,))
    assert isinstance(placed, SetWeight)
    assert (placed.decided_on, placed.apart) == (1 - QUARTER, (("mesh", 1 - TWENTIETH),))
    assert placed.may_replace(1 - TWENTIETH, "mesh")
    assert not placed.may_replace(WHOLE, "mesh")
