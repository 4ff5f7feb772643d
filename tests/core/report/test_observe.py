from canary_operator.api.evidence import Arms, Counts, Evidence, Tally, WarmUp
from canary_operator.api.metric import Metric
from canary_operator.api.report import Above, Count, Held
from canary_operator.api.status import Boundary, Run
from canary_operator.core.evidence.judge import judge
from canary_operator.core.plan import terms
from canary_operator.core.report.observe import judged, measured
from tests.core.report.runs import PINNED, WARM, a_run


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


def test_a_latency_is_told_at_each_boundary() -> None:
    """With the counts and the bounds of each; the ratio is that of the first."""
    metric = Metric(preset="istio-latency-p99", max_increase="10%", max="1s")
    boundaries = (
        Boundary(metric=metric.title, le="100", margin=1.4),
        Boundary(metric=metric.title, le="1000", limit=0.01),
    )
    compared = Arms(canary=Counts(requests=90, bad=40), baseline=Counts(requests=1000, bad=99))
    tallies = (Tally(key=boundaries[0].key, compared=compared), Tally(key=boundaries[1].key))
    pinned = PINNED.model_copy(update={"boundaries": boundaries})
    run = judging(a_run(WARM.model_copy(update={"more": tallies}), pinned=pinned), metric)
    (seen,) = measured(run)
    assert seen.above == (Above("100ms", Count(90, 40), Count(1000, 99)), Above("1000ms", Count(), Count()))
    assert (seen.canary, seen.baseline) == (Count(90, 40), Count(1000, 99))
    (words,) = judged(run)
    assert words.held == (Held(boundary="100ms", times=1.4), Held(boundary="1000ms", limit=0.01))
    assert words.allowed == 1.4


def test_a_latency_that_cannot_be_judged_says_so() -> None:
    run = judging(a_run(WARM), Metric(preset="istio-latency-p99", max_increase="10%"))
    assert measured(run) == ()
    (words,) = judged(run)
    assert (
        words.sentence
        == "istio-latency-p99 can't be judged, because the baseline's durations before the run say too little."
    )


def test_where_more_is_better_the_canary_is_allowed_so_much_less() -> None:
    """Its counts stand by arm, although the arms change places to be judged."""
    metric = Metric(name="orders", prom_ql="o{$arm}", out_of="v{$arm}", max_decrease="20%")
    exchanged = Arms(canary=Counts(requests=1000, bad=200), baseline=Counts(requests=100, bad=10))
    run = judging(a_run(WARM.model_copy(update={"more": (Tally(key="orders", compared=exchanged),)})), metric)
    (seen,) = measured(run)
    assert (seen.canary, seen.baseline) == (Count(100, 10), Count(1000, 200))
    (words,) = judged(run)
    assert (words.allowed, words.more_is_better, words.held) == (0.8, True, (Held(times=0.8),))


def judging(run: Run, metric: Metric) -> Run:
    analysis = run.plan.analysis.model_copy(update={"metrics": (metric,)})
    return run.model_copy(update={"plan": run.plan.model_copy(update={"analysis": analysis})})


def test_before_metrics_are_measured_there_is_nothing_to_tell() -> None:
    """The run may be over before."""
    run = a_run(Evidence(), pinned=None)
    assert measured(run) == ()
    assert judged(run) == ()
