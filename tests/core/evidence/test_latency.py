from math import erfc, exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api.metric import Metric
from canary_operator.api.status import Boundary
from canary_operator.core.evidence.latency import Bucket, Durations, boundaries, span_of
from canary_operator.core.metric_terms import boundaries_of

ISTIO = (0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000)
"""Milliseconds; the boundaries that Istio's proxies have."""


def latency(preset: str = "istio-latency-p99", **bounds: str) -> Metric:
    return Metric.model_validate({"preset": preset, **(bounds or {"maxIncrease": "10%"})})


def lognormal(median: float, sigma: float = 0.5) -> "dict[float, float]":
    """The rate of requests above each boundary."""
    return {u: 0.5 * erfc(log(u / median) / (sigma * sqrt(2))) for u in ISTIO}


def took(above: "dict[float, float]", requests: float = 1e6, errors: float = 0.0) -> Durations:
    """As the buckets of so many requests would say, of which a share failed at once."""
    slow = (Bucket(f"{u:g}", requests * (errors + (1 - errors) * share)) for u, share in above.items())
    return Durations(requests, requests * errors, tuple(slow))


def found(metric: Metric, durations: Durations) -> "dict[str, Boundary]":
    return {one.le: one for one in boundaries(metric, durations, 1.5)}


def test_a_latency_is_judged_on_both_sides_of_it() -> None:
    """The p99 of this baseline is 320 ms: 250 ms is exceeded by 2 %, 500 ms by less than 1 %."""
    assert list(found(latency(), took(lognormal(100)))) == ["250", "500"]
    assert list(found(latency("istio-latency-p50", maxIncrease="10%"), took(lognormal(90)))) == ["50", "100"]


@given(
    st.floats(2, 3000),
    st.floats(0.3, 1.2),
    st.sampled_from(["istio-latency-p50", "istio-latency-p95", "istio-latency-p99"]),
    st.sampled_from([0.0, 0.001, 0.01]),
)
def test_ten_percent_slower_is_allowed_everywhere(median: float, sigma: float, preset: str, errors: float) -> None:
    """A canary just as slow as allowed, with as many errors, exceeds no boundary more often than its margin says."""
    baseline = took(lognormal(median, sigma), errors=errors)
    canary = took(lognormal(median * 1.1, sigma), errors=errors)
    slow = {bucket.le: bucket.slow for bucket in canary.buckets}
    for bucket in baseline.buckets:
        at = found(latency(preset, maxIncrease="10%"), baseline).get(bucket.le)
        if at is not None and at.margin is not None and at.margin < 5:
            assert slow[bucket.le] <= at.margin * bucket.slow * 1.001


def test_a_few_more_errors_are_not_slowness() -> None:
    """With half of the slow requests failed ones, what the error rate allows must be allowed here too."""
    at = found(latency(), took(lognormal(100), errors=0.02))["500"]
    plain = found(latency(), took(lognormal(100)))["500"]
    assert at.margin is not None
    assert plain.margin is not None
    assert 1.5 < at.margin < plain.margin


def test_a_baseline_that_is_never_slow_still_judges_a_slow_canary() -> None:
    """Nothing took longer than 5 ms: a canary is slower when more than 1 % of its requests do."""
    only = found(latency(), took({u: 1.0 if u < 5 else 0.0 for u in ISTIO}))
    assert (only["5"].margin, only["5"].ignore_below) == (5.0, 0.01)


def test_a_limit_is_judged_at_the_boundary_above_it() -> None:
    """What takes longer than 500 ms takes longer than 300 ms for certain; what takes 400 ms may still be fine here."""
    at = found(latency(max="300ms"), took(lognormal(100)))
    assert {le: (one.margin, one.limit) for le, one in at.items()} == {"500": (None, 0.01)}


def test_limit_and_comparison_may_meet() -> None:
    at = found(latency(max="500ms", maxIncrease="10%"), took(lognormal(100)))
    assert at["500"].limit == 0.01
    assert at["500"].margin is not None
    assert at["250"].limit is None


def test_a_limit_beyond_all_boundaries_judges_nothing() -> None:
    assert found(latency(max="90s"), took(lognormal(100))) == {}


def test_a_hundred_requests_are_the_fewest_that_tell_anything() -> None:
    assert found(latency(), took(lognormal(100), requests=99)) == {}
    assert found(latency(), took(lognormal(100), requests=100))


@pytest.mark.parametrize("requests", [100, 1000, 1e9])
def test_every_margin_is_bounded(requests: float) -> None:
    """However steeply the durations fall off."""
    for median in (exp(power) for power in range(1, 11)):
        for at in found(latency(maxIncrease="9999%"), took(lognormal(median, 0.1), requests)).values():
            assert at.margin is not None
            assert 1 <= at.margin <= 5


def test_each_latency_has_its_own_boundaries() -> None:
    """The error rate has none; two latencies may share one."""
    error_rate = Metric.model_validate({"preset": "istio-error-rate", "maxIncrease": "50%"})
    chosen = boundaries_of((error_rate, latency(), latency("istio-latency-p95", max="400ms")), took(lognormal(100)))
    keys = ["istio-latency-p99@250", "istio-latency-p99@500", "istio-latency-p95@500"]
    assert [one.key for one in chosen] == keys


def test_a_boundary_is_milliseconds() -> None:
    assert span_of("0.5").total_seconds() == 0.0005
