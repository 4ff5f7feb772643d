"""The order of each chain: which news wins when several are there."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.evidence import Arms, Counts, Evidence
from canary_operator.api.metric import Metric
from canary_operator.api.status import Outcome, Pinned, Run, State
from canary_operator.core.actions import Purpose
from canary_operator.core.checks import CHECKS
from canary_operator.core.checks.running import nowhere_to_go
from canary_operator.core.evidence.judge import Judgement
from canary_operator.core.findings import Finding, first
from canary_operator.core.transitions import Event
from canary_operator.core.world import (
    CanaryFacts,
    Endpoints,
    Fault,
    Missing,
    Problem,
    Route,
    RouteRecord,
    Trouble,
    Unknown,
    World,
)
from tests.doubles.memory import NOON
from tests.doubles.worlds import AT_REST, DEPLOYMENT, a_run, a_world, at_stage

HARM = Judgement(harm=True, burning=False, e_value=500.0, bound=111.0, told=lambda: "half of the requests failed")
BURNING = replace(HARM, harm=False, burning=True, told=lambda: "the baseline fails 30 %")
BROKEN = Problem(reasons.ROUTE_AMBIGUOUS, "which route?")
PINNED = Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5))
LATE = NOON + timedelta(minutes=30)


def found(world: World) -> Finding:
    return nowhere_to_go(world, first(CHECKS[world.status.state], world))


def staged(run: Run | None = None, **parts: Any) -> World:
    return a_world(State.STAGED, run or at_stage(pinned=PINNED), **parts)


@pytest.mark.parametrize("state", State)
def test_every_chain_has_an_answer_for_a_healthy_world(state: State) -> None:
    """The last check of a chain always answers."""
    run = None if state in {State.OUTSIDE, State.RESTING} else at_stage(pinned=PINNED, outcome=None)
    found(a_world(state, run))


@pytest.mark.parametrize("state", [state for state in State if state is not State.LEAVING])
def test_a_deletion_comes_before_everything(state: State) -> None:
    """Whatever is broken, the object can be deleted."""
    run = None if state in {State.OUTSIDE, State.RESTING} else at_stage()
    world = a_world(state, run, deleting=True, route=BROKEN, judgement=HARM, spec=Problem("InvalidSpec", "?"))
    assert found(world).event is Event.DELETED


def test_harm_outranks_every_hold() -> None:
    """Not a broken route, a drift, a pause, silence nor a newer revision delays a rollback."""
    run = at_stage(paused=True, promote=True, pinned=PINNED)
    world = staged(
        run,
        judgement=HARM,
        route=BROKEN,
        deployment=replace(DEPLOYMENT, revision="v3"),
        reading=Unknown("down", reasons.METRICS_UNAVAILABLE),
    )
    assert found(world) == Finding(Event.HARMED, reasons.HARM, HARM.sentence)


def test_abort_outranks_harm() -> None:
    """Both take the traffic away; the person's word is what is written down."""
    assert found(staged(judgement=HARM, verbs={"abort": "true"})).event is Event.ABORTED


def test_no_rollback_to_a_stable_without_pods() -> None:
    """The one exception: the canary is all that answers."""
    world = staged(judgement=HARM, deployment=replace(DEPLOYMENT, available=0))
    assert found(world).reason == reasons.NO_STABLE_ENDPOINTS
    nobody = replace(world, canary=CanaryFacts("v2", 3, 0))
    assert found(nobody).event is Event.HARMED


@pytest.mark.parametrize(
    "parts", [{"verbs": {"abort": "true"}}, {"deployment": replace(DEPLOYMENT, revision="v3", available=0)}]
)
def test_no_ending_sends_traffic_to_nobody(parts: dict[str, Any]) -> None:
    """An abort or a newer revision waits until stable has a pod; without traffic there is nothing to wait for."""
    gone = {"deployment": replace(DEPLOYMENT, available=0), **parts}
    assert found(staged(**gone)).reason == reasons.NO_STABLE_ENDPOINTS
    assert found(staged(at_stage(pinned=PINNED, weight="0"), **gone)).event is not Event.HELD


def test_a_hold_never_ends_as_a_missed_deadline() -> None:
    """The time in which the cluster had no room is not the canary's."""
    run = a_run(frozen_since=NOON + timedelta(minutes=1))
    waiting = a_world(State.PREPARING, run, endpoints=Endpoints(10, 1))
    assert found(replace(waiting, now=LATE)).event is Event.WAITED
    unasked = a_world(State.PREPARING, a_run(), endpoints=Unknown("timeout"))
    assert found(replace(unasked, now=LATE)).event is Event.WAITED


def test_traffic_never_returns_to_a_stable_that_was_shrunk_unasked() -> None:
    """It needs the pods that it had, or a person's word."""
    rolled = replace(AT_REST, revision="v2", replicas=2, available=2)
    run = at_stage(3, "1", unpaused=True)
    world = a_world(State.PROMOTING, run, deployment=rolled, endpoints=Endpoints(2, 3))
    assert found(world).reason == reasons.STABLE_MAY_SHRINK
    asked = a_world(
        State.PROMOTING, at_stage(3, "1", unpaused=True, promote=True), deployment=rolled, endpoints=Endpoints(2, 3)
    )
    assert found(asked).event is Event.ROLLED_OUT


def test_a_canary_lost_in_the_promotion_gives_its_traffic_to_stable() -> None:
    """After two seconds; users must not wait for the rollout to end."""
    run = at_stage(3, "1", unpaused=True, unready_since=NOON)
    rolling = replace(AT_REST, revision="v2", rolled_out=False, rolling=True)
    world = a_world(State.PROMOTING, run, deployment=rolling, canary=Missing("canary"), endpoints=Endpoints(8, 0))
    assert found(world).event is Event.WAITED
    assert found(replace(world, now=NOON + timedelta(seconds=2))).event is Event.ROLLED_OUT


def test_a_reverted_commit_leaves_nothing_paused() -> None:
    """Also when it only took the place of a run."""
    for outcome in (Outcome.ROLLED_BACK, Outcome.ABORTED, Outcome.SUPERSEDED):
        paused = replace(AT_REST, paused=True)
        assert (
            found(a_world(State.RESTING, status={"last_outcome": outcome}, deployment=paused)).event is Event.RESTARTED
        )


def test_a_deployment_made_anew_in_mid_run_is_not_paused_at_its_birth() -> None:
    """Without our mark it is another object: paused before its first pod it would never get any."""
    reborn = replace(DEPLOYMENT, paused=False, pending=False, adopted=False, available=3)
    assert found(staged(deployment=reborn)).event is Event.BYPASSED


def test_a_rollback_that_the_route_knows_is_finished() -> None:
    """Our weight 0 with purpose RollBack is never taken for drift."""
    record = RouteRecord("v2-1", 1, Fraction(0), Purpose.ROLL_BACK)
    assert found(staged(route=Route(Fraction(0), record))).event is Event.HARMED


def test_a_lower_weight_is_pulled_traffic_and_a_higher_one_is_drift() -> None:
    """Neither is written over without a person's word."""
    pulled, raised = staged(route=Route(Fraction(1, 100), None)), staged(route=Route(Fraction(1, 2), None))
    assert found(pulled).reason == reasons.TRAFFIC_PULLED
    assert found(raised).reason == reasons.WEIGHT_DRIFTED
    asked = at_stage(pinned=PINNED, reapply=True)
    assert found(staged(asked, route=Route(Fraction(1, 2), None))).event is Event.WEIGHT_WANTED


def test_a_deployment_let_loose_is_stopped_before_its_first_pod_and_followed_after() -> None:
    """Paused again while it has made none; the run ends once it has."""
    assert found(staged(deployment=replace(DEPLOYMENT, paused=False))).event is Event.PAUSE_WANTED
    for paused in (False, True):
        rolling = replace(DEPLOYMENT, paused=paused, pending=False, rolling=True)
        assert found(staged(deployment=rolling)).event is Event.BYPASSED


def test_a_rollout_caught_half_way_is_let_through_before_it_is_adopted_anew() -> None:
    """Paused with two versions it would never finish; a template that never began stays unshipped."""
    half = replace(DEPLOYMENT, pending=False, rolling=True)
    forgotten = {"stable_revision": None}
    assert found(a_world(State.OUTSIDE, status=forgotten, deployment=half)).event is Event.RESTARTED
    assert found(a_world(State.OUTSIDE, status=forgotten, deployment=DEPLOYMENT)).event is Event.HELD


def test_a_lost_canary_is_no_verdict() -> None:
    """After two seconds, not before."""
    run = at_stage(pinned=PINNED, unready_since=NOON)
    assert found(replace(staged(run), now=NOON + timedelta(seconds=1.9))).event is Event.WAITED
    assert found(replace(staged(run), now=NOON + timedelta(seconds=2))).event is Event.CANARY_LOST


def test_a_stage_never_ends_on_a_look_that_came_before_its_end() -> None:
    """Time alone advances nothing."""
    run = at_stage(pinned=PINNED, looked_at=NOON + timedelta(minutes=4.99))
    world = replace(staged(run), now=NOON + timedelta(minutes=5.05))
    assert found(world).event is Event.WAITED


def test_a_blind_judge_says_which_silence_it_is() -> None:
    """Down, missing and stale are three reasons; within three looks none is said."""
    run = at_stage(pinned=PINNED)
    down = Unknown("connection refused", reasons.METRICS_UNAVAILABLE)
    world = replace(staged(run, reading=down), now=NOON + timedelta(seconds=16))
    assert found(world).reason == reasons.METRICS_UNAVAILABLE
    assert found(replace(world, now=NOON + timedelta(seconds=14))).event is Event.WAITED
    assert found(replace(staged(run), now=LATE)).reason == reasons.METRICS_STALE


def test_a_comparison_without_a_baseline_advances_nothing() -> None:
    """Enough requests of the canary alone prove nothing; beside a plain limit they do."""
    over: dict[str, Any] = {"looked_at": LATE, "ends_at": NOON}
    for requests, event in ((0.0, Event.HELD), (1.0, Event.STAGE_PASSED)):
        stage = Arms(canary=Counts(requests=5000.0), baseline=Counts(requests=requests))
        run = at_stage(pinned=PINNED, evidence=Evidence(stage=stage, warm=True), **over)
        assert found(replace(staged(run), now=LATE)).event is event
    by_limit = Metric(preset="istio-error-rate", max=Fraction(1, 100))
    limited = run.plan.analysis.model_copy(update={"metrics": (by_limit,)})
    alone = Evidence(stage=Arms(canary=Counts(requests=5000.0)), warm=True)
    run = at_stage(pinned=PINNED, evidence=alone, plan=run.plan.model_copy(update={"analysis": limited}), **over)
    assert found(replace(staged(run), now=LATE)).event is Event.STAGE_PASSED


def test_a_stage_does_not_end_with_a_bad_look() -> None:
    """It waits for one that is within bounds, however long it lasts already."""
    suspected = replace(HARM, harm=False, suspect=True)
    stage = Arms(canary=Counts(requests=5000.0), baseline=Counts(requests=5000.0))
    run = at_stage(pinned=PINNED, evidence=Evidence(stage=stage, warm=True), looked_at=LATE, ends_at=NOON)
    assert found(replace(staged(run, judgement=suspected), now=LATE)).event is Event.WAITED
    cleared = replace(suspected, suspect=False)
    assert found(replace(staged(run, judgement=cleared), now=LATE)).event is Event.STAGE_PASSED


def test_a_burning_baseline_holds() -> None:
    """Nobody can be judged beside it."""
    assert found(staged(judgement=BURNING)).reason == reasons.BASELINE_UNHEALTHY


def test_a_weight_waits_for_pods_then_for_the_metrics() -> None:
    """A canary that can't be judged gets no traffic."""
    unready = a_world(State.PREPARING, a_run(), endpoints=Endpoints(10, 1))
    assert found(unready) == Finding(Event.WAITED, reasons.PREPARING, "1 of 2 canary pods are ready")
    unseen = a_world(State.PREPARING, a_run(), reading=Unknown("down", reasons.METRICS_UNAVAILABLE))
    assert found(unseen) == Finding(Event.HELD, reasons.METRICS_UNAVAILABLE, "down")
    assert found(a_world(State.PREPARING, a_run())).event is Event.CANARY_READY


def test_whose_fault_it_is_decides_between_holding_and_rolling_back() -> None:
    """No room in the cluster holds; a crash loop is rolled back at the deadline with the pod's words."""
    full, crash = Trouble(Fault.CLUSTER, "0/2 nodes are available"), Trouble(Fault.RELEASE, "CrashLoopBackOff")
    parts: dict[str, Any] = {"endpoints": Endpoints(10, 0)}
    held = a_world(State.PREPARING, a_run(), canary=CanaryFacts("v2", 3, 0, full), **parts)
    assert found(replace(held, now=LATE)).reason == reasons.CANARY_UNSCHEDULABLE
    broken = a_world(State.PREPARING, a_run(), canary=CanaryFacts("v2", 3, 0, crash), **parts)
    assert found(broken).event is Event.WAITED
    assert found(replace(broken, now=LATE)).event is Event.OVERDUE
    assert "CrashLoopBackOff" in found(replace(broken, now=LATE)).message


def test_after_the_point_of_no_return_harm_holds() -> None:
    """Stable's old pods are leaving; traffic stays where it is."""
    world = a_world(State.PROMOTING, at_stage(3, "1", unpaused=True), deployment=replace(AT_REST, revision="v2"))
    harmed = replace(world, judgement=HARM, endpoints=Endpoints(3, 3))
    assert found(harmed).reason == reasons.PROMOTION_BREACH
    newer = replace(world, deployment=replace(AT_REST, revision="v3"))
    assert found(newer).event is Event.OVERTAKEN


def test_before_it_harm_rolls_back_and_a_newer_revision_restarts() -> None:
    """The Deployment is still paused: nothing has been given up."""
    world = a_world(State.PROMOTING, at_stage(3, "1"))
    assert found(replace(world, judgement=HARM)).event is Event.HARMED
    assert found(replace(world, deployment=replace(DEPLOYMENT, revision="v3"))).event is Event.SUPERSEDED
    assert found(world).event is Event.UNPAUSE_DUE


def test_traffic_returns_only_to_a_stable_whose_service_knows_all_its_pods() -> None:
    """Rolled out is not enough."""
    rolled = replace(AT_REST, revision="v2")
    world = a_world(State.PROMOTING, at_stage(3, "1", unpaused=True), deployment=rolled, endpoints=Endpoints(9, 3))
    assert found(world).event is Event.WAITED
    assert found(replace(world, endpoints=Endpoints(10, 3))).event is Event.ROLLED_OUT


def test_tidying_up_goes_weight_drain_route_pods() -> None:
    """Each only after the one before."""
    record = RouteRecord("v2-1", 1, Fraction(0), Purpose.ROLL_BACK)
    run = at_stage(weight="0", outcome=Outcome.ROLLED_BACK, drain_until=NOON + timedelta(seconds=10))
    loaded = a_world(State.CLEANING, run, route=Route(Fraction(1, 20), record))
    assert found(loaded).event is Event.TRAFFIC_LEFT
    draining = replace(loaded, route=Route(Fraction(0), record))
    assert found(draining).event is Event.WAITED
    drained = replace(draining, now=LATE)
    assert found(drained).event is Event.DRAINED
    assert found(replace(drained, route=Route(Fraction(0), None))).event is Event.DRAINED
    bare = replace(drained, route=Route(Fraction(0), None), canary=Missing("canary"))
    assert found(bare).event is Event.TIDIED


def test_what_is_gone_never_stands_in_the_way_of_a_deletion() -> None:
    """Neither a missing route nor a missing Deployment, nor one that became ambiguous."""
    for route in (Missing("VirtualService"), BROKEN):
        world = a_world(State.LEAVING, None, route=route, deployment=Missing("Deployment"), canary=Missing("canary"))
        assert found(world).event is Event.GIVEN_BACK


def test_a_rollout_whose_status_was_lost_tidies_up_what_the_route_remembers() -> None:
    """The route's record is enough."""
    record = RouteRecord("v2-1", 1, Fraction(1, 20), Purpose.STAGE)
    for state in (State.OUTSIDE, State.RESTING):
        assert found(a_world(state, route=Route(Fraction(1, 20), record))).event is Event.LEFTOVER_FOUND


def test_what_the_route_remembers_waits_for_a_stable_with_pods() -> None:
    """The status was lost in mid-promotion: all traffic is on the canary, and stable may have nobody."""
    record = RouteRecord("v2-1", 3, Fraction(1), Purpose.STAGE)
    for state in (State.OUTSIDE, State.RESTING):
        world = a_world(state, route=Route(Fraction(1), record), deployment=replace(AT_REST, available=0))
        assert found(world).reason == reasons.NO_STABLE_ENDPOINTS
        assert found(replace(world, route=Route(Fraction(0), record))).event is Event.LEFTOVER_FOUND


def test_a_deployment_is_adopted_only_when_it_is_rolled_out() -> None:
    """Paused before its first pod it would never get any; paused in mid-rollout it would keep two versions."""
    fresh = replace(AT_REST, adopted=False)
    assert found(a_world(State.OUTSIDE, deployment=fresh)).event is Event.ADOPTABLE
    for change, reason in (
        ({"replicas": 0, "available": 0}, reasons.WAITING_FOR_FIRST_ROLLOUT),
        ({"rolled_out": False, "available": 0}, reasons.WAITING_FOR_FIRST_ROLLOUT),
        ({"rolled_out": False}, reasons.WAITING_FOR_ROLLOUT),
    ):
        world = a_world(State.OUTSIDE, deployment=replace(fresh, **change))
        assert (found(world).event, found(world).reason) == (Event.WAITED, reason)
