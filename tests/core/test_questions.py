from dataclasses import replace
from datetime import timedelta

import pytest

from canary_operator.api.metric import Metric
from canary_operator.api.status import Run, State, Status
from canary_operator.core.questions import Questions, questions
from canary_operator.core.world import CanaryFacts, Missing
from tests.doubles.memory import NOON
from tests.doubles.worlds import AT_REST, DEPLOYMENT, a_run, at_stage

READY, UNREADY = CanaryFacts("v2", 3, 3), CanaryFacts("v2", 3, 0)


@pytest.mark.parametrize("state", [State.RESTING, State.CLEANING, State.LEAVING])
def test_a_rollout_that_moves_no_weight_up_asks_nothing(state: State) -> None:
    """An idle rollout costs no call."""
    assert questions(Status(state=state), AT_REST, READY, NOON) == Questions()


def test_a_healthy_stage_asks_nothing() -> None:
    """Looks are not calls."""
    assert questions(Status(state=State.STAGED, run=at_stage()), DEPLOYMENT, READY, NOON) == Questions()


def test_endpoints_are_asked_before_a_weight_rises() -> None:
    """As soon as the canary's pods say that they are ready."""
    preparing = Status(state=State.PREPARING, run=a_run())
    assert questions(preparing, DEPLOYMENT, READY, NOON) == Questions(endpoints=True)
    assert questions(preparing, DEPLOYMENT, UNREADY, NOON) == Questions(pods=True)


def test_endpoints_are_asked_when_a_canary_with_traffic_may_have_none() -> None:
    """Lost pods are seen from the Deployment, and confirmed; the pods say whose fault it is."""
    staged = Status(state=State.STAGED, run=at_stage())
    assert questions(staged, DEPLOYMENT, UNREADY, NOON) == Questions(endpoints=True, pods=True)
    assert questions(staged, DEPLOYMENT, Missing("canary"), NOON).endpoints
    doubtful = Status(state=State.STAGED, run=at_stage(unready_since=NOON))
    assert questions(doubtful, DEPLOYMENT, READY, NOON + timedelta(seconds=1)).endpoints


def test_stable_is_asked_for_endpoints_before_it_gets_its_traffic_back() -> None:
    """Only when its Deployment is rolled out."""
    promoting = Status(state=State.PROMOTING, run=at_stage(3, "1"))
    assert questions(promoting, AT_REST, READY, NOON).endpoints
    assert not questions(promoting, DEPLOYMENT, READY, NOON).endpoints


def test_a_canary_that_stands_in_costs_no_call_until_stable_is_back() -> None:
    """Or until it may have lost its own pods, or is to be given everything again."""
    standing = Status(state=State.STANDING_IN, stable_revision="v2", run=at_stage(3, "1"))
    back = replace(AT_REST, revision="v2")
    assert questions(standing, AT_REST, READY, NOON) == Questions()
    assert questions(standing, back, READY, NOON).endpoints
    assert questions(standing, AT_REST, UNREADY, NOON).endpoints
    asked = Status(state=State.STANDING_IN, stable_revision="v2", run=at_stage(3, "1", reapply=True))
    assert questions(asked, AT_REST, READY, NOON).endpoints


def test_a_reversed_run_asks_about_the_deployment() -> None:
    """It is the canary there; its pods' complaints are its owner's to read."""
    preparing = Status(state=State.PREPARING, run=a_run(reversed=True))
    assert questions(preparing, DEPLOYMENT, UNREADY, NOON) == Questions(endpoints=True)
    few = replace(DEPLOYMENT, available=1)
    assert questions(preparing, few, READY, NOON) == Questions()
    staged = Status(state=State.STAGED, run=at_stage(reversed=True))
    assert questions(staged, replace(DEPLOYMENT, available=0), READY, NOON) == Questions(endpoints=True)


def test_without_a_workload_endpoints_are_asked_now_and_then() -> None:
    """Nobody tells when the canary loses its pods; each rollout asks at its own times."""
    never = Status(state=State.STAGED, run=at_stage())
    assert questions(never, None, None, NOON).endpoints
    lately = Status(state=State.STAGED, run=at_stage(endpoints_at=NOON))
    assert not questions(lately, None, None, NOON + timedelta(seconds=29)).endpoints
    assert questions(lately, None, None, NOON + timedelta(seconds=30)).endpoints


def test_pods_are_asked_now_and_then_where_restarts_are_counted() -> None:
    """And at once when one of them is not ready: it may just have ended."""
    counting = Status(state=State.STAGED, run=counted(at_stage(pods_at=NOON)))
    soon, late = NOON + timedelta(seconds=9), NOON + timedelta(seconds=10)
    assert not questions(counting, DEPLOYMENT, READY, soon).pods
    assert questions(counting, DEPLOYMENT, READY, late).pods
    assert questions(counting, DEPLOYMENT, replace(READY, ready=2), soon).pods
    assert questions(Status(state=State.STAGED, run=counted(at_stage())), DEPLOYMENT, READY, NOON).pods


def test_a_reversed_run_counts_no_restarts() -> None:
    """Its canary is the user's Deployment, whose pods of both revisions come and go."""
    turned = Status(state=State.STAGED, run=counted(at_stage(reversed=True)))
    assert not questions(turned, replace(DEPLOYMENT, available=3), READY, NOON).pods


def counted(run: Run) -> Run:
    analysis = run.plan.analysis.model_copy(
        update={"metrics": (Metric.model_validate({"preset": "restarts", "max": "0"}),)}
    )
    return run.model_copy(update={"plan": run.plan.model_copy(update={"analysis": analysis})})
