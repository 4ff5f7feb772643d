from collections.abc import Iterable
from dataclasses import replace

import pytest

from canary_operator.api.evidence import Evidence, Gauge, PodMean, PodsCompared, Streak
from canary_operator.api.metric import Metric
from canary_operator.api.report import Number
from canary_operator.api.status import Restarts, Run
from canary_operator.core.report.observe import judged
from canary_operator.core.report.observe_numbers import numbers
from tests.core.report.runs import a_run

QUEUE = Metric(name="queue", kind="Scalar", prom_ql="q{$arm}", max="10")
MEMORY = Metric(preset="memory", max_increase="10%", max="500Mi")
RESTARTS = Metric(preset="restarts", max="1")
COMPARED = PodsCompared(canary=150, baseline=100, lower=1.2, upper=1.8, findable=1.3, chance=1e-5)


def run_of(metrics: Iterable[Metric], evidence: Evidence, restarts: Restarts | None = None) -> Run:
    run = a_run(evidence.model_copy(update={"warm": True}), restarts=restarts)
    analysis = run.plan.analysis.model_copy(update={"metrics": tuple(metrics)})
    return run.model_copy(update={"plan": run.plan.model_copy(update={"analysis": analysis})})


def test_a_number_of_each_arm_is_told_with_its_limit() -> None:
    run = run_of([QUEUE], Evidence(streaks=(Streak(key="queue", outside=2, canary=12, baseline=7),)))
    assert numbers(run) == (Number("queue", 12, 7),)
    (words,) = judged(run)
    assert (words.lowest, words.highest, words.allowed) == (None, 10, None)
    assert words.sentence == (
        "queue: 12 in the canary and 7 in the baseline; allowed is at most 10; 2 of 3 looks in a row outside."
    )


def test_nothing_seen_yet_is_no_number() -> None:
    run = run_of([QUEUE, MEMORY], Evidence())
    assert numbers(run) == (Number("queue"), Number("memory"))
    assert "no number yet" in judged(run)[0].sentence
    assert "not compared yet" in judged(run)[1].sentence


def test_pods_are_told_by_their_mean_their_worst_and_their_comparison() -> None:
    """The mean is that of the window so far, taken as the comparison takes it; a pod with 0 has no logarithm."""
    gauge = Gauge(
        key="memory",
        canary=(PodMean(pod="c1", total=200, looks=2), PodMean(pod="c2", total=400, looks=1)),
        baseline=(PodMean(pod="b1", total=0, looks=2),),
        canary_pods=2,
        baseline_pods=5,
        newest=COMPARED,
    )
    run = run_of([MEMORY], Evidence(gauges=(gauge,), streaks=(Streak(key="memory", canary=400, baseline=90),)))
    (number,) = numbers(run)
    assert number.canary == pytest.approx(200)
    assert replace(number, canary=None) == Number("memory", worst=400, lower=1.2, upper=1.8)
    (words,) = judged(run)
    assert (words.allowed, words.highest, words.unit) == (1.1, 500, "Mi")
    assert "2 pods of the canary have 150Mi and 5 of the baseline 100Mi" in words.sentence
    assert "allowed is at most 500Mi" in words.sentence


def test_restarts_are_told_where_they_are_counted() -> None:
    """Also that there were none."""
    assert numbers(run_of([RESTARTS], Evidence())) == (Number("restarts", 0),)
    (words,) = judged(run_of([RESTARTS], Evidence()))
    assert words.sentence == "restarts: no container of the canary ended under traffic; allowed is 1."
    run = run_of([RESTARTS], Evidence(), Restarts(times=2, message="pod c1: OOMKilled"))
    assert numbers(run) == (Number("restarts", 2),)
    assert judged(run)[0].sentence == "restarts: pod c1: OOMKilled; 2 restarts under traffic, allowed is 1."


def test_before_metrics_are_measured_there_is_no_number() -> None:
    assert numbers(run_of([QUEUE], Evidence()).model_copy(update={"pinned": None})) == ()
