"""The canary stands in for stable: what comes first when several things are there."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, State
from canary_operator.core.actions import Purpose
from canary_operator.core.checks import CHECKS
from canary_operator.core.findings import Finding, first
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, Endpoints, Missing, Route, RouteRecord, World
from tests.doubles.memory import NOON
from tests.doubles.story import a_spec
from tests.doubles.worlds import AT_REST, a_world, at_stage

LATE = NOON + timedelta(minutes=30)
ROLLED = replace(AT_REST, revision="v3")
PENDING = replace(ROLLED, paused=True, rolled_out=False, pending=True)
BACK = replace(AT_REST, revision="v2")


def standing(deployment: Any = ROLLED, *, status: dict[str, object] | None = None, **parts: Any) -> World:
    run = parts.pop("run", None) or at_stage(3, "1", outcome=Outcome.PROMOTED)
    known = {"stable_revision": "v2", "last_revision": "v2", "last_outcome": Outcome.PROMOTED, **(status or {})}
    return a_world(State.STANDING_IN, run, status=known, deployment=deployment, **parts)


def found(world: World) -> Finding:
    return first(CHECKS[world.status.state], world)


def test_a_paused_commit_is_let_through_and_a_rolled_out_one_starts_a_run() -> None:
    """Only off traffic: not while somebody sends a part of it to stable."""
    assert found(standing(PENDING)).event is Event.UNPAUSE_DUE
    assert found(standing(ROLLED)).event is Event.REVISION_FOUND
    assert found(standing(replace(ROLLED, rolled_out=False, rolling=True))).event is Event.WAITED
    for deployment in (PENDING, ROLLED):
        pulled = standing(deployment, route=Route(Fraction(1, 2), None))
        assert found(pulled).reason == reasons.TRAFFIC_PULLED


def test_resume_gives_the_canary_everything_again_where_it_has_pods() -> None:
    """A weight waits for pods, whoever asks for it."""
    asked: dict[str, Any] = {"run": at_stage(3, "1", reapply=True), "route": Route(Fraction(1, 2), None)}
    assert found(standing(**asked)).event is Event.WEIGHT_WANTED
    assert found(standing(**asked, endpoints=Endpoints(10, 0))).reason == reasons.TRAFFIC_PULLED


def test_a_failed_commit_is_not_let_through_again_without_a_word() -> None:
    """Neither rolled out nor judged."""
    failed: dict[str, object] = {"last_revision": "v3", "last_outcome": Outcome.ROLLED_BACK}
    for deployment in (PENDING, ROLLED):
        assert found(standing(deployment, status=failed)).reason == reasons.ROLLED_BACK
    assert found(standing(ROLLED, status={**failed, "retry": True})).event is Event.REVISION_FOUND


def test_traffic_returns_to_a_stable_that_carries_the_stable_revision_with_all_its_pods() -> None:
    """Its Service must know them, and there must be as many as carried the traffic, or a person's word."""
    assert found(standing(BACK, endpoints=Endpoints(10, 10))).event is Event.RETURNED
    assert found(standing(BACK, endpoints=Endpoints(9, 10))).event is Event.WAITED
    small = replace(BACK, replicas=2, available=2)
    assert found(standing(small, endpoints=Endpoints(2, 10))).reason == reasons.STABLE_MAY_SHRINK
    asked = at_stage(3, "1", promote=True)
    assert found(standing(small, endpoints=Endpoints(2, 10), run=asked)).event is Event.RETURNED


def test_no_pause_of_a_run_is_left_behind() -> None:
    """A commit that was taken back before it rolled: let go first, then given its traffic, or judged."""
    for deployment in (BACK, ROLLED):
        left = standing(replace(deployment, paused=True), endpoints=Endpoints(10, 10))
        assert found(left).event is Event.UNPAUSE_DUE
        assert found(replace(left, spec=a_spec(adoption="Pause"))).event is not Event.UNPAUSE_DUE


def test_a_canary_without_pods_gives_its_traffic_only_to_what_was_analysed() -> None:
    """A small stable is better than nobody; an unjudged revision is a person's decision."""
    lost: dict[str, Any] = {"run": at_stage(3, "1", unready_since=NOON), "canary": CanaryFacts("v2", 10, 0)}
    small = replace(BACK, replicas=2, available=2)
    after: dict[str, Any] = {"now": NOON + timedelta(seconds=2)}
    assert found(replace(standing(small, endpoints=Endpoints(2, 0), **lost), **after)).event is Event.RETURNED
    for deployment in (ROLLED, PENDING):
        assert found(standing(deployment, endpoints=Endpoints(10, 0), **lost)).event is not Event.HELD
        held = found(replace(standing(deployment, endpoints=Endpoints(10, 0), **lost), **after))
        assert held.reason == reasons.STAND_IN_LOST


def test_a_release_that_the_route_knows_is_finished() -> None:
    """Whatever came since: the traffic is stable's already."""
    record = RouteRecord("v2-1", 3, Fraction(0), Purpose.RELEASE)
    assert found(standing(PENDING, route=Route(Fraction(0), record))).event is Event.RETURNED


def test_a_deployment_that_does_not_get_ready_is_said_and_waited_for() -> None:
    """No weight depends on it."""
    slow = standing(replace(ROLLED, rolled_out=False, rolling=True), run=at_stage(3, "1", prepare_by=NOON))
    assert found(replace(slow, now=LATE)).reason == reasons.PROMOTION_STALLED
    assert found(standing(Missing("Deployment checkout"))).reason == reasons.WORKLOAD_NOT_FOUND
