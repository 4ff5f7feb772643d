"""One number for a stage. It tells, and decides nothing."""

from datetime import timedelta
from typing import Any

import pytest

from canary_operator.api.evidence import Arms, Counts, Evidence, Gauge, Streak, Tally, WarmUp
from canary_operator.api.evidence import Test as Bet
from canary_operator.api.metric import Metric
from canary_operator.api.status import Boundary, Pinned
from canary_operator.core.score import score
from tests.doubles.worlds import at_stage

ERRORS = {"preset": "istio-error-rate", "maxIncrease": "50%"}
P99 = {"preset": "istio-latency-p99", "maxIncrease": "10%", "weight": 3}
MEMORY = {"preset": "memory", "maxIncrease": "50%", "critical": True}
QUEUE = {"name": "queue", "kind": "Scalar", "promQL": "max(queue)", "max": "5"}
SECOND = timedelta(seconds=1)
PINNED = Pinned(scrape=SECOND, settle=SECOND, boundaries=(Boundary(metric="istio-latency-p99", le="500", margin=2.0),))
MANY = Arms(canary=Counts(requests=100.0), baseline=Counts(requests=900.0))
HARM: dict[str, Any] = {
    "comparison": Bet(looks=9, wealth=(1e6,)),
    "materiality": Bet(looks=9, wealth=(1e6,)),
    "compared": Arms(canary=Counts(requests=100.0, bad=50.0), baseline=Counts(requests=900.0)),
}


def scored(*metrics: dict[str, Any], pinned: Pinned | None = PINNED, weight: str = "1/20", **seen: Any) -> int | None:
    run = at_stage(weight=weight)
    analysis = run.plan.analysis.model_copy(update={"metrics": tuple(Metric.model_validate(one) for one in metrics)})
    plan = run.plan.model_copy(update={"analysis": analysis})
    evidence = Evidence(**{"warm": True, "stage": MANY, "planned": 100, **seen})
    return score(run.model_copy(update={"plan": plan, "pinned": pinned, "evidence": evidence}))


def slow(stage: Arms = MANY, **changes: Any) -> Tally:
    return Tally(key="istio-latency-p99@500", planned=100, stage=stage, **changes)


def test_all_is_well() -> None:
    assert scored(ERRORS) == 100
    assert scored(ERRORS, P99, more=(slow(),)) == 100


def test_what_saw_too_little_gives_half_of_its_weight() -> None:
    """The latency weighs three times as much."""
    few = Arms(canary=Counts(requests=99.0), baseline=Counts(requests=900.0))
    assert scored(ERRORS, stage=few) == 50
    assert scored(ERRORS, P99, more=(slow(Arms()),)) == 62
    assert scored(ERRORS, P99) == 62, "nothing was read of it"
    assert scored(ERRORS, MEMORY) == 75, "no pods were compared"
    assert scored(ERRORS, QUEUE) == 75, "there is no number"


def test_harm_gives_nothing() -> None:
    assert scored(ERRORS, **HARM) == 0
    assert scored(ERRORS, P99, more=(slow(**HARM),)) == 25
    assert scored(ERRORS, QUEUE, streaks=(Streak(key="queue", canary=9.0, outside=3),)) == 50
    assert scored(ERRORS, MEMORY, gauges=(Gauge(key="memory", broken=True),)) == 50


def test_at_100_percent_nobody_is_missed() -> None:
    """There is no baseline, and there are no pods of it."""
    alone = Arms(canary=Counts(requests=100.0))
    assert scored(ERRORS, MEMORY, weight="1", stage=alone) == 100
    assert scored(ERRORS, stage=alone) == 50, "below, a baseline without a request says nothing"


def test_a_metric_that_takes_nothing_back_is_not_in_it() -> None:
    assert scored(ERRORS, {**QUEUE, "critical": False}) == 100
    assert scored({**QUEUE, "critical": False}) is None


@pytest.mark.parametrize("early", [{"pinned": None}, {"warm": False}, {"warmup": WarmUp()}])
def test_before_the_first_judged_look_there_is_none(early: dict[str, Any]) -> None:
    assert scored(ERRORS, **early) is None
