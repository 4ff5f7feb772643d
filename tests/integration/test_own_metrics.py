"""Metrics by the user's own queries: business, budgets, and queries that find nothing."""

import pytest

from testbed.cluster import Cluster
from testbed.shop import Rollout, Shop, rollout

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

LONG = (("50%", "10m"), ("100%", "10m"))
SHORT = (("50%", "15s"), ("100%", "3s"))
LONGEST = 200
CONVERSION = {
    "name": "conversion",
    "promQL": 'sum by (pod) (orders_paid_total{namespace="$namespace", workload="$workload"})',
    "outOf": 'sum by (pod) (istio_requests_total{reporter="destination", pod=~"$pods", namespace="$namespace"})',
    "maxDecrease": "5%",
}
"""A fifth of all requests are paid orders, unless a tag says otherwise."""
MEMORY = {
    "name": "memory",
    "kind": "Scalar",
    "promQL": 'max(container_memory_working_set_bytes{namespace="$namespace", pod=~"$pods"}) / 1e6',
    "max": "150",
}
"""A leak of 600 MB a minute is beyond it in some seconds."""


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> Shop:
    shop = Shop(cluster, namespace)
    shop.open("v1")
    return shop


def ended(shop: Shop, tag: str, stages: tuple[tuple[str, str], ...], *metrics: object) -> Rollout:
    shop.adopt(rollout(stages, {"metrics": list(metrics)}))
    with shop.traffic(150):
        shop.release(tag)
        return shop.until("the end of the run", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)


def test_a_release_that_sells_a_fifth_less_goes_back(shop: Shop) -> None:
    """Nothing fails and nothing is slow."""
    last = ended(shop, "v2-c16", LONG, CONVERSION).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert last["message"].startswith("conversion falls short in the canary: "), last["message"]
    assert "allowed is at least 0.95 times the baseline's rate" in last["message"]


def test_a_release_that_sells_as_much_is_shipped(shop: Shop) -> None:
    error_rate = {"preset": "istio-error-rate", "maxIncrease": "50%"}
    assert ended(shop, "v2", SHORT, error_rate, CONVERSION, MEMORY).outcomes == ["Promoted"]


def test_a_leak_goes_back_or_waits_for_a_person_as_configured(shop: Shop) -> None:
    last = ended(shop, "v2-m600", LONG, MEMORY).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert last["message"].startswith("memory is outside its limits: "), last["message"]
    assert "allowed is at most 150; 3 looks in a row" in last["message"]


def test_a_leak_that_is_not_critical_waits_for_a_person(shop: Shop) -> None:
    shop.adopt(rollout(LONG, {"metrics": [{**MEMORY, "critical": False}]}))
    with shop.traffic(50):
        shop.release("v2-m600")
        seen = shop.until("the hold", lambda seen: seen.reason == "MetricOverBound", LONGEST)
        assert (seen.held, seen.outcomes, shop.weight()) == (True, [], 50)
        assert "memory is not critical, so the run holds" in seen.message


def test_a_query_that_finds_nothing_moves_no_traffic(shop: Shop) -> None:
    """The hold shows the query as it was asked, and what was meant, perhaps."""
    typo = {**CONVERSION, "outOf": 'sum by (pod) (orders_payd_total{workload="$workload"})'}
    shop.adopt(rollout(LONG, {"metrics": [typo]}))
    with shop.traffic(50):
        shop.release("v2")
        asked = 'sum by (pod) (orders_payd_total{workload="checkout"})'
        seen = shop.until("the query in the message", lambda seen: asked in seen.message, LONGEST)
        assert "no series of orders_payd_total at all; did you mean orders_paid_total?" in seen.message, seen.message
        assert (seen.held, seen.reason, shop.weight()) == (True, "MetricsMissing", 0)


def test_a_query_that_is_none_moves_no_traffic(shop: Shop) -> None:
    """With Prometheus' own words."""
    wrong = {**MEMORY, "promQL": 'max(container_memory{pod=~"$pods"}'}
    shop.adopt(rollout(LONG, {"metrics": [wrong]}))
    with shop.traffic(50):
        shop.release("v2")
        seen = shop.until("Prometheus' complaint", lambda seen: "parse error" in seen.message, LONGEST)
        assert (seen.held, seen.reason, shop.weight()) == (True, "MetricsMissing", 0)


def test_a_version_that_lost_the_counter_is_not_shipped(shop: Shop) -> None:
    """Nothing counts the canary's visits; the stage waits as long again, and then for a person."""
    uncounted = {**CONVERSION, "outOf": CONVERSION["outOf"].replace("pod=~", 'pod!~".+-canary-.+", pod=~')}
    shop.adopt(rollout((("50%", "6s"), ("100%", "3s")), {"metrics": [uncounted]}))
    with shop.traffic(50):
        shop.release("v2")
        counted = "conversion counted nothing of one arm in this stage"
        seen = shop.until("the hold", lambda seen: seen.held and counted in seen.message, LONGEST)
        assert (seen.reason, seen.outcomes, shop.weight()) == ("InsufficientData", [], 50)
