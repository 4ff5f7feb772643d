"""News that only a reversed run meets. The worlds are told by role: the canary is what the Deployment runs."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, Pinned, Run, State
from canary_operator.core.actions import Purpose
from canary_operator.core.checks import CHECKS
from canary_operator.core.checks.running import nowhere_to_go
from canary_operator.core.evidence.judge import Judgement
from canary_operator.core.findings import Finding, first
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, Endpoints, Missing, Route, RouteRecord, World
from tests.doubles.memory import NOON
from tests.doubles.story import a_spec
from tests.doubles.worlds import AT_REST, a_run, a_world, at_stage

PINNED = Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5))
ROLLED = replace(AT_REST, revision="v2")
STAND_IN = CanaryFacts("v1", 10, 10)
HARM = Judgement(harm=True, burning=False, e_value=500.0, bound=111.0, told=lambda: "half of the requests failed")


def reversed_world(state: State, run: Run, **parts: Any) -> World:
    facts: dict[str, Any] = {"deployment": ROLLED, "canary": CanaryFacts("v2", 10, 10), "baseline": STAND_IN, **parts}
    return a_world(state, run, **{"endpoints": Endpoints(10, 10), **facts})


def staged(run: Run | None = None, **parts: Any) -> World:
    return reversed_world(State.STAGED, run or at_stage(pinned=PINNED, reversed=True), **parts)


def found(world: World) -> Finding:
    return nowhere_to_go(world, first(CHECKS[world.status.state], world))


def test_it_prepares_without_a_canary_of_its_own() -> None:
    """The Deployment's size is its owner's: too small a one holds and says so."""
    run = a_run(reversed=True)
    assert found(reversed_world(State.PREPARING, run)).event is Event.CANARY_READY
    small: dict[str, Any] = {"deployment": replace(ROLLED, replicas=1, available=1), "canary": CanaryFacts("v2", 1, 1)}
    assert found(reversed_world(State.PREPARING, run, **small)).reason == reasons.STABLE_MAY_SHRINK
    assert found(reversed_world(State.PREPARING, run, endpoints=Endpoints(10, 1))).event is Event.WAITED


def test_a_deployment_that_is_not_paused_is_no_news() -> None:
    """It has rolled already, and its next template comes paused."""
    assert found(staged()).event is Event.WAITED
    spec = a_spec(adoption="Pause")
    assert found(staged(spec=spec)).event is Event.PAUSE_WANTED
    assert found(staged(spec=spec, deployment=replace(ROLLED, paused=True))).event is Event.WAITED


def test_a_commit_ends_it() -> None:
    """Its pods have not begun, and its predecessor loses its traffic first."""
    assert found(staged(deployment=replace(ROLLED, revision="v3", paused=True))).event is Event.SUPERSEDED


@pytest.mark.parametrize("weight", ["0", "1/20"])
def test_a_deployment_that_is_gone_loses_its_traffic_at_once(weight: str) -> None:
    """And is then waited for."""
    run = at_stage(weight=weight, pinned=PINNED, reversed=True)
    world = staged(run, deployment=Missing("Deployment checkout"), canary=Missing("Deployment checkout"))
    assert found(world).event is (Event.CANARY_LOST if run.weight > 0 else Event.HELD)


def test_nobody_goes_on_beside_a_stand_in_without_pods() -> None:
    """Whether the new revision may have everything is not known; a person may say it."""
    lost: dict[str, Any] = {"baseline": CanaryFacts("v1", 10, 0), "endpoints": Endpoints(0, 10)}
    assert found(staged(**lost)).reason == reasons.STAND_IN_LOST
    assert found(staged(at_stage(pinned=PINNED, reversed=True, promote=True), **lost)).event is Event.STAGE_PASSED
    everything = at_stage(3, "1", pinned=PINNED, reversed=True)
    assert found(staged(everything, **lost)).event is Event.WAITED


def test_no_ending_sends_traffic_to_nobody() -> None:
    """The exception of every rollback; the end of the last stage sends none."""
    lost: dict[str, Any] = {"baseline": Missing("the canary Deployment"), "endpoints": Endpoints(0, 10)}
    assert found(staged(judgement=HARM, **lost)).reason == reasons.NO_STABLE_ENDPOINTS
    last = at_stage(3, "1", pinned=PINNED, reversed=True, promote=True)
    assert found(staged(last, **lost)).event is Event.ROLLED_OUT


def test_a_rollback_needs_a_route() -> None:
    """Without one the stable Service gets everything, and only people can mend that."""
    gone = staged(judgement=HARM, route=Missing("VirtualService checkout"))
    assert found(gone).reason == reasons.ROUTE_NOT_FOUND
    assert "half of the requests failed" in found(gone).message


def test_a_rollback_of_the_run_before_is_no_news() -> None:
    """The record stays on the route while the canary stands in."""
    before = RouteRecord("v9-1", 1, Fraction(0), Purpose.ROLL_BACK)
    assert found(staged(route=Route(Fraction(1, 20), before))).event is Event.WAITED
    own = RouteRecord("v2-1", 1, Fraction(0), Purpose.ROLL_BACK)
    assert found(staged(route=Route(Fraction(0), own))).event is Event.HARMED


def test_a_run_that_was_taken_back_leaves_the_canary_where_it_is() -> None:
    """Nothing drains and nothing is removed: it has everything again."""
    run = at_stage(weight="0", reversed=True, outcome=Outcome.ROLLED_BACK, drain_until=NOON + timedelta(seconds=9))
    assert found(reversed_world(State.CLEANING, run)).event is Event.TAKEN_BACK
    loaded = reversed_world(State.CLEANING, run, route=Route(Fraction(1, 20), None))
    assert found(loaded).event is Event.TRAFFIC_LEFT
