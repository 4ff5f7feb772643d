"""A container of the canary that ends under traffic."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.metric import Metric
from canary_operator.api.status import Restarts, Run, State
from canary_operator.core.checks.restarts import remembered, restarted, restarted_and_held
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, Restart, World
from tests.doubles.memory import NOON
from tests.doubles.worlds import a_world, at_stage

LATER = NOON + timedelta(minutes=1)
DIED = "pod c-1, container app: before, it ended with OOMKilled, exit code 137"


def a_world_with(*restarts: Restart, **changes: Any) -> World:
    run = counting(at_stage(carries_since=NOON, **changes))
    world = a_world(State.STAGED, run, canary=CanaryFacts("v2", 3, 3, restarts=restarts))
    return replace(world, now=LATER)


def counting(run: Run, **metric: Any) -> Run:
    metrics = (Metric.model_validate({"preset": "restarts", "max": "0"} | metric),)
    analysis = run.plan.analysis.model_copy(update={"metrics": metrics})
    return run.model_copy(update={"plan": run.plan.model_copy(update={"analysis": analysis})})


def once(at: datetime | None, times: int = 1) -> Restart:
    return Restart(times, at, DIED)


def with_restarts(times: int, **metric: Any) -> World:
    run = counting(at_stage(restarts=Restarts(times=times, message=DIED)), **metric)
    return a_world(State.STAGED, run)


def test_what_ended_under_traffic_is_remembered() -> None:
    world = a_world_with(once(LATER, 2), once(NOON, 1))
    run = remembered(world.run, world)
    assert run.restarts == Restarts(times=3, message=DIED)
    assert run.pods_at == LATER


@pytest.mark.parametrize("before", [NOON - timedelta(seconds=1), None])
def test_what_ended_before_any_traffic_came_is_not(before: datetime | None) -> None:
    """Or nobody knows when: the preparation has judged it."""
    world = a_world_with(once(before))
    assert remembered(world.run, world).restarts is None


def test_a_pod_that_has_gone_does_not_take_its_restarts_along() -> None:
    known = Restarts(times=1, message=DIED)
    world = a_world_with(restarts=known)
    assert remembered(world.run, world).restarts == known


def test_pods_that_nobody_asked_change_nothing() -> None:
    world = replace(a_world_with(), canary=CanaryFacts("v2", 3, 3))
    assert remembered(world.run, world) == world.run


def test_nothing_is_counted_before_the_canary_carries_anything() -> None:
    world = a_world_with(once(LATER))
    early = world.run.model_copy(update={"carries_since": None})
    assert remembered(early, world) == early


def test_one_more_than_allowed_takes_the_release_back() -> None:
    found = restarted(with_restarts(3, max="2"))
    assert found is not None
    assert (found.event, found.reason) == (Event.HARMED, reasons.HARM)
    assert found.message == f"The canary's containers restart: {DIED}; 3 restarts under traffic, allowed is 2."
    assert restarted(with_restarts(2, max="2")) is None


def test_where_it_is_not_critical_the_run_holds() -> None:
    world = with_restarts(1, critical=False)
    assert restarted(world) is None
    found = restarted_and_held(world)
    assert found is not None
    assert (found.event, found.reason) == (Event.HELD, reasons.METRIC_OVER_BOUND)
    assert "1 restart under traffic, allowed is 0. Annotate promote=true" in found.message


def test_without_the_metric_nobody_minds() -> None:
    """A rollout that did not ask for it is judged by what its callers see."""
    world = a_world(State.STAGED, at_stage(restarts=Restarts(times=9, message=DIED)))
    assert restarted(world) is None
    assert restarted_and_held(world) is None
