from datetime import timedelta
from typing import Any

from canary_operator.api.evidence import Arms, Counts, Evidence, Test, WarmUp
from canary_operator.api.report import Count
from canary_operator.api.status import Pinned, Run
from canary_operator.core.evidence.judge import judge
from canary_operator.core.plan import terms
from canary_operator.core.report.observe import judged, measured
from tests.doubles.worlds import at_stage

PINNED = Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5))
WARM = Evidence(
    warm=True,
    looks=9,
    planned=180,
    comparison=Test(looks=9, wealth=(1.0, 2.0, 3.0, 4.0, 5.0)),
    compared=Arms(canary=Counts(requests=90, bad=4), baseline=Counts(requests=1000, bad=9)),
    uncompared=Counts(requests=10, bad=1),
)


def a_run(evidence: Evidence, **changes: Any) -> Run:
    return at_stage(evidence=evidence, **{"pinned": PINNED, **changes})


def test_the_numbers_are_those_of_the_verdict() -> None:
    """Every judged request, the judge's own evidence and bound."""
    run = a_run(WARM)
    verdict = judge(run.evidence, terms(run))
    (seen,) = measured(run)
    assert (seen.name, seen.canary, seen.baseline) == ("istio-error-rate", Count(100, 5), Count(1000, 9))
    assert (seen.evidence, seen.bound, seen.warming) == (verdict.e_value, verdict.bound, False)
    (words,) = judged(run)
    assert words.sentence.partition(": ")[2] == verdict.sentence.partition(": ")[2], (
        "only the verdict itself is left out"
    )
    assert words.allowed == 1.5
    assert words.detectable is not None
    assert words.detectable > 5


def test_the_warm_up_shows_its_own_counts() -> None:
    """They are what its verdict rests on."""
    warmup = WarmUp(counts=Arms(canary=Counts(requests=7, bad=3), baseline=Counts(requests=70, bad=1)))
    (seen,) = measured(a_run(Evidence(warmup=warmup)))
    assert (seen.canary, seen.baseline, seen.warming) == (Count(7, 3), Count(70, 1), True)


def test_a_plain_limit_compares_nothing() -> None:
    """So no ratio is allowed or could be detected."""
    run = a_run(WARM)
    (metric,) = run.plan.analysis.metrics
    analysis = run.plan.analysis.model_copy(
        update={"metrics": (metric.model_copy(update={"max": 0.05, "max_increase": None}),)}
    )
    limited = run.model_copy(update={"plan": run.plan.model_copy(update={"analysis": analysis})})
    (words,) = judged(limited)
    assert (words.allowed, words.detectable) == (None, None)


def test_before_metrics_are_measured_there_is_nothing_to_tell() -> None:
    """The run may be over before."""
    run = a_run(Evidence(), pinned=None)
    assert measured(run) == ()
    assert judged(run) == ()
