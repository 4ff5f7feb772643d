"""Whether anybody can judge, in words that lead out of it."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from canary_operator.api import reasons
from canary_operator.api.metric import Metric
from canary_operator.api.rollout import Stage
from canary_operator.api.status import Run, State
from canary_operator.core.checks.metrics import metrics_unusable, own_metric_unfound
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.transitions import Event
from canary_operator.core.world import Unknown
from tests.doubles.worlds import READING, a_run, a_world


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (Unknown("no request", reasons.METRICS_MISSING), reasons.METRICS_MISSING),
        (replace(READING, sample=Sample({})), reasons.METRICS_MISSING),
        (Unknown("refused", reasons.METRICS_UNAVAILABLE), reasons.METRICS_UNAVAILABLE),
    ],
)
def test_a_run_that_nobody_can_judge_is_held_with_the_reason(reading: object, reason: str) -> None:
    found = metrics_unusable(a_world(State.PREPARING, a_run(), reading=reading))
    assert found is not None
    assert (found.event, found.reason) == (Event.HELD, reason)


def test_what_is_still_being_measured_is_waited_for() -> None:
    found = metrics_unusable(a_world(State.PREPARING, a_run(), reading=Unknown("measuring", reasons.READING)))
    assert found is not None
    assert found.event is Event.WAITED


def test_a_reading_can_be_judged_by() -> None:
    assert metrics_unusable(a_world(State.PREPARING, a_run(), reading=READING)) is None


def a_mirror(stage: int) -> Run:
    """It gets copies by our last word, and has a metric with a query of its own."""
    query = {"name": "orders", "promQL": "paid{s='$service'}", "outOf": "visits{s='$service'}", "maxDecrease": "10%"}
    metrics = (*a_run().plan.analysis.metrics, Metric.model_validate(query))
    analysis = a_run().plan.analysis.model_copy(update={"metrics": metrics})
    stages = (Stage(mirror=Fraction(1, 5), duration=timedelta(minutes=5)), *a_run().plan.stages)
    plan = a_run().plan.model_copy(update={"stages": stages, "analysis": analysis})
    return a_run(plan=plan, stage=stage, mirror=Fraction(1, 5))


def test_a_query_of_ones_own_is_waited_for_before_the_first_users() -> None:
    """Copies it does not judge; they are no reason to let users come unjudged."""
    assert own_metric_unfound(a_world(State.PREPARING, a_mirror(1))) is None
    waiting = own_metric_unfound(a_world(State.PREPARING, a_mirror(2)))
    assert waiting is not None
    assert (waiting.event, waiting.message) == (Event.WAITED, "the first query of the metric orders is under way")
    complaining = replace(READING, complaints={"orders": "it has no baseline"})
    held = own_metric_unfound(a_world(State.PREPARING, a_mirror(2), reading=complaining))
    assert held is not None
    assert held.event is Event.HELD
    with_users = a_mirror(2).model_copy(update={"weight": Fraction(1, 20)})
    assert own_metric_unfound(a_world(State.PREPARING, with_users)) is None
