"""A few hundred seeded runs through the front door; `benchmarks/verdicts.py` runs the many."""

from datetime import timedelta
from statistics import median

import pytest

from canary_operator.core.evidence.judge import Terms, begin, fold, judge
from tests.core.evidence.stream import START, Gateway, Traffic, comparing, terms


def _time_of_harm(traffic: Traffic, judged: Terms, seconds: float) -> float | None:
    """Seconds from the first request, with a reference scrape before it; None: no harm in that time."""
    gateway, look = Gateway(), judged.look.total_seconds()
    evidence = fold(begin(), gateway.sample(), judged, clean_from=START)
    while gateway.seconds < seconds:
        sample = gateway.serve(look, *traffic.arms(look))
        evidence = fold(evidence, sample, judged, clean_from=START)
        if judge(evidence, judged).harm:
            return (gateway.at - START) / timedelta(seconds=1)
    return None


@pytest.mark.thorough
@pytest.mark.parametrize(("rate", "fails"), [(20, 0.005), (1, 0.1), (100, 0.001)])
def test_healthy_canaries_are_left_alone(rate: float, fails: float) -> None:
    """Runs of ten minutes with the same errors in both arms, looked at every five seconds after a warm-up."""
    judged = terms(comparing(maxIncrease="0%"), look=5, warmup=60, planned=600)
    streams = (Traffic(seed, rate, 0.1, fails, fails) for seed in range(60))
    assert [_time_of_harm(stream, judged, 660) for stream in streams].count(None) >= 59


@pytest.mark.parametrize(("look", "found_by"), [(1, 4), (10, 20)])
def test_in_the_warm_up_a_canary_that_fails_everything_is_soon_found(look: float, found_by: float) -> None:
    """20 requests a second, weight 10 %, half a percent of errors in the baseline."""
    judged = terms(look=look, warmup=60)
    streams = (Traffic(seed, 20, 0.1, 1, 0.005) for seed in range(200))
    times = [_time_of_harm(stream, judged, 60) for stream in streams]
    assert median(time for time in times if time is not None) <= found_by
    assert times.count(None) == 0


@pytest.mark.thorough
def test_just_blatant_at_100_percent_is_left_alone() -> None:
    """A canary exactly at the ceiling, the worst that is still allowed, is rolled back in fewer than 1 % of runs."""
    judged = terms(planned=60)
    harmed = 0
    for seed in range(150):
        gateway, evidence = Gateway(), begin()
        stream = Traffic(seed, 50, 1.0, 0.2, 0)
        evidence = fold(evidence, gateway.sample(), judged, clean_from=START)
        for _ in range(60):
            sample = gateway.serve(1, *stream.arms(1))
            evidence = fold(evidence, sample, judged, clean_from=START, has_baseline=False)
            if judge(evidence, judged).harm:
                harmed += 1
                break
    assert harmed <= 1
