from canary_operator.backtest.wanted import Wanted
from canary_operator.providers.metrics.queries import Service
from tests.backtest.recorded import ERRORS, MEMORY, ORDERS, P99, RESTARTS, recorded, slow, wish


def test_restarts_are_beyond_any_recording() -> None:
    """They are named, with the reason and a cure; everything else can be asked."""
    found = wish(ERRORS, P99, RESTARTS)
    ((name, reason),) = found.beyond_reach()
    assert (name, "the pods' own status" in reason) == ("restarts", True)
    assert [one.title for one in found.metrics] == ["istio-error-rate", "istio-latency-p99"]
    assert [one.title for one in found.latencies] == ["istio-latency-p99"]
    assert not list(wish(ERRORS).beyond_reach())


def test_queries_are_filled_in_for_both_arms() -> None:
    """By Services and by the names of pods."""
    found = wish(ORDERS, MEMORY)
    assert (found.arms.stable, found.arms.canary) == (Service("shop", "checkout"), Service("shop", "checkout-canary"))
    orders, memory = (dict(one.parts) for one in found.queries)
    assert orders["canary"] == 'paid{s="checkout-canary"}'
    assert 'pod=~"checkout-canary-' in memory["canary"]


def test_every_boundary_that_a_run_would_have_had_is_known() -> None:
    """Of each latency by itself."""
    durations = slow(recorded(1), (900, 45)).durations or []
    p50 = {"preset": "istio-latency-p50", "max": "300ms"}

    def found(wanted: Wanted) -> set[tuple[str, str]]:
        return wanted.boundaries(durations)

    assert found(wish(P99)) == {("istio-latency-p99", "100"), ("istio-latency-p99", "250")}
    assert found(wish(p50)) == {("istio-latency-p50", "1000")}
    assert found(wish(ERRORS)) == set()
