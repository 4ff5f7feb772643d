"""Canaries that answer well, and too late."""

import pytest

from testbed.cluster import Cluster
from testbed.shop import Rollout, Shop, rollout

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

LONG = (("25%", "10m"), ("100%", "10m"))
SHORT = (("25%", "12s"), ("100%", "3s"))
BEFORE = 300
"""Requests before the release, so that something is known of how long they take."""
LONGEST = 90
STABLE = "v1-l60-lognormal"


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> Shop:
    shop = Shop(cluster, namespace)
    shop.open(STABLE)
    return shop


def ended(shop: Shop, tag: str, *metrics: dict[str, str]) -> Rollout:
    """The release of this tag, judged by these metrics."""
    good = tag == STABLE.replace("v1", "v2")
    shop.adopt(rollout(SHORT if good else LONG, {"metrics": list(metrics)}))
    with shop.traffic(60) as traffic:
        shop.wait("the baseline's requests", lambda: sum(traffic.answers().values()) >= BEFORE)
        shop.release(tag)
        return shop.until("the end of the run", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)


def test_twice_as_slow_goes_back(shop: Shop) -> None:
    """Not a single request fails; the verdict says how many took longer than what."""
    last = ended(shop, "v2-l120-lognormal", {"preset": "istio-latency-p99", "maxIncrease": "20%"}).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert last["message"].startswith("The canary is too slow: "), last["message"]
    assert "ms or failed (" in last["message"]


def test_a_limit_on_a_latency_is_kept(shop: Shop) -> None:
    """Whatever stable does: 95 of 100 requests must be answered within a quarter of a second."""
    last = ended(shop, "v2-l300-lognormal", {"preset": "istio-latency-p95", "max": "250ms"}).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert "took longer than 250ms or failed" in last["message"]
    assert "allowed is at most 5%" in last["message"]


def test_failing_at_once_is_not_being_quick(shop: Shop) -> None:
    """Every third answer is a 500 in no time; nobody judges errors here, and it counts as slow all the same."""
    last = ended(shop, "v2-l60-lognormal-e30-fastfail", {"preset": "istio-latency-p95", "maxIncrease": "20%"}).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert last["message"].startswith("The canary is too slow: "), last["message"]


def test_as_quick_as_stable_is_shipped(shop: Shop) -> None:
    """By errors and two latencies at once; the message names each."""
    metrics = (
        {"preset": "istio-error-rate", "maxIncrease": "50%"},
        {"preset": "istio-latency-p50", "maxIncrease": "20%"},
        {"preset": "istio-latency-p99", "maxIncrease": "20%", "max": "1s"},
    )
    assert ended(shop, "v2-l60-lognormal", *metrics).outcomes == ["Promoted"]
