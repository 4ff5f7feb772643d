"""A server that keeps native histograms has no bucket series; latencies are judged all the same."""

from collections.abc import Iterator

import pytest
import requests

from testbed.cluster import Cluster, ExtraPrometheus
from testbed.operator import OperatorProcess
from testbed.shop import Rollout, Shop, rollout

pytestmark = pytest.mark.integration

P99 = {"preset": "istio-latency-p99", "maxIncrease": "20%"}
BEFORE = 300
"""Requests before the release, so that something is known of how long they take."""
LONGEST = 240


@pytest.fixture
def prometheus(cluster: Cluster) -> Iterator[ExtraPrometheus]:
    extra = cluster.extra_prometheus(native=True)
    yield extra
    cluster.stop(extra.name)


def released(
    cluster: Cluster, place: str, server: ExtraPrometheus, tag: str, stages: tuple[tuple[str, str], ...]
) -> Rollout:
    """How the release of this tag ended."""
    shop = Shop(cluster, place)
    shop.open("v1-l60-lognormal")
    with OperatorProcess(cluster, f"operator-{place}", namespace=place, prometheus_url=server.url):
        shop.adopt(rollout(stages, {"metrics": [P99]}))
        with shop.traffic(60) as traffic:
            shop.wait("the baseline's requests", lambda: sum(traffic.answers().values()) >= BEFORE)
            shop.release(tag)
            return shop.until("the end of the run", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)


def test_twice_as_slow_goes_back(cluster: Cluster, place: str, prometheus: ExtraPrometheus) -> None:
    last = released(cluster, place, prometheus, "v2-l120-lognormal", (("25%", "10m"), ("100%", "10m"))).last
    assert (last["outcome"], last["reason"]) == ("RolledBack", "Harm")
    assert last["message"].startswith("The canary is too slow: "), last["message"]
    asked = {"query": "istio_request_duration_milliseconds_bucket{reporter='source'}"}
    assert requests.get(f"{prometheus.url}/api/v1/query", params=asked, timeout=5).json()["data"]["result"] == []


def test_as_quick_as_stable_is_shipped(cluster: Cluster, place: str, prometheus: ExtraPrometheus) -> None:
    stages = (("25%", "12s"), ("100%", "3s"))
    assert released(cluster, place, prometheus, "v2-l60-lognormal", stages).outcomes == ["Promoted"]
