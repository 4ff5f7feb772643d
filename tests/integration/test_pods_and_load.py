"""Pods, gateway, Prometheus and load together: what the other integration tests build upon."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests

from testbed.cluster import Cluster
from testbed.load import Load, Plan, summarise

pytestmark = pytest.mark.integration
SERVICE, WORKLOAD = "destination_service_name", "destination_workload"


class Shop:
    """Two Deployments behind two Services, and a route that shares the traffic between them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self.host = f"{namespace}.example"
        self.asked: Counter[tuple[str, int]] = Counter()
        """Our own requests, by version and status: Envoy counts them too."""

    def open(self, stable: str, canary: str, weight: int, replicas: int = 2) -> None:
        """Returns when the gateway knows the route and has endpoints for both."""
        self.apply(_deployment("checkout", stable, replicas), _service("checkout"))
        self.apply(_deployment("checkout-canary", canary, replicas), _service("checkout-canary"))
        for name, tag in (("checkout", stable), ("checkout-canary", canary)):
            self.kubectl("rollout", "status", f"deployment/{name}", "--timeout=30s")
            self.apply(_route(self.host, {name: 100}))
            assert soon(partial(self._is_answered_by, tag))
        self.apply(_route(self.host, {"checkout": 100 - weight, "checkout-canary": weight}))
        assert soon(partial(self._is_answered_by, stable)), "the canary had everything"

    def apply(self, *objects: dict[str, Any]) -> None:
        self.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - called as in subprocess
        return self._cluster.kubectl("-n", self._namespace, *arguments, input=input)

    def pods(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(self.kubectl("get", "pods", "-o", "json"))["items"]
        return items

    def asks(self) -> requests.Response:
        answer = requests.get(self._cluster.gateway_url, headers={"Host": self.host}, timeout=2)
        self.asked[answer.headers.get("x-version", "-"), answer.status_code] += 1
        return answer

    def _is_answered_by(self, tag: str) -> bool:
        return self.asks().headers.get("x-version") == tag

    def load(self, rate: float, seconds: float = 60) -> Load:
        return Load(Plan(self._cluster.gateway_url, self.host, rate, seconds))

    def counted(self, query: str, label: str) -> dict[str, float]:
        """The sums of a metric of this namespace by one label, as Prometheus knows them now."""
        text = f"sum by ({label}) ({query.replace('NS', self._namespace)})"
        answer = requests.get(f"{self._cluster.prometheus_url}/api/v1/query", params={"query": text}, timeout=5)
        return {one["metric"][label]: float(one["value"][1]) for one in answer.json()["data"]["result"]}


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> Shop:
    return Shop(cluster, namespace)


async def test_weights_errors_and_counts_agree(shop: Shop) -> None:
    """Of 1000 requests about 20 % reach the canary, 10 % of those fail, and Prometheus counts the same twice."""
    await asyncio.to_thread(shop.open, stable="v1", canary="v2-e10", weight=20)
    load = shop.load(rate=200, seconds=5)
    load.start()
    summary = await load.finish()
    stable, canary = summary["versions"]["v1"], summary["versions"]["v2-e10"]
    assert summary["errors"] == {}
    assert canary["share"] == pytest.approx(0.2, abs=0.05)
    assert canary["failed"] / canary["answered"] == pytest.approx(0.1, abs=0.08)
    assert stable["failed"] == 0

    def agree() -> bool:
        sent = shop.counted('istio_requests_total{reporter="source",destination_service_namespace="NS"}', SERVICE)
        failed = shop.counted(
            'istio_requests_total{reporter="destination",response_code="500",namespace="NS"}', WORKLOAD
        )
        return (sent.get("checkout"), failed.get("checkout-canary")) == (
            stable["answered"] + shop.asked["v1", 200],
            canary["failed"] + shop.asked["v2-e10", 500],
        )

    assert await asyncio.to_thread(soon, agree)


async def test_requests_without_an_endpoint_are_counted(shop: Shop) -> None:
    """The 503s of a Service without pods are in Prometheus with the next scrape, under its name.

    The stable Service may have some of its own, from before the gateway knew its pods.
    """
    await asyncio.to_thread(shop.open, stable="v1", canary="v2", weight=50, replicas=1)
    errors = 'istio_requests_total{reporter="source",destination_service_namespace="NS",response_code="503"}'
    async with shop.load(rate=50) as load:
        await asyncio.to_thread(shop.kubectl, "scale", "deployment/checkout-canary", "--replicas=0")
        assert await asyncio.to_thread(soon, lambda: "-" in load.record.versions)
        assert await asyncio.to_thread(soon, lambda: "checkout-canary" in shop.counted(errors, SERVICE))
    others = shop.counted(errors, SERVICE)
    assert others.pop("checkout-canary") > 0
    assert others.keys() <= {"checkout"}
    assert others.get("checkout", 0) <= shop.asked["-", 503]
    assert summarise(load.record)["versions"]["v1"]["failed"] == 0


async def test_a_pod_leaves_without_a_lost_request(shop: Shop) -> None:
    """Deleting a pod under load fails nothing."""
    await asyncio.to_thread(shop.open, stable="v1-l20", canary="v2-l20", weight=50)
    victim = shop.pods()[0]["metadata"]["name"]
    async with shop.load(rate=100) as load:
        assert await asyncio.to_thread(soon, lambda: victim in load.record.pods)
        await asyncio.to_thread(shop.kubectl, "delete", "pod", victim)
        assert await asyncio.to_thread(soon, lambda: len(load.record.pods) == 5), "its successor answers too"
        await asyncio.sleep(0.5)
    summary = summarise(load.record)
    assert (summary["failed"], summary["errors"], len(summary["pods"])) == (0, {}, 5)


async def test_a_rolling_update_loses_no_request(shop: Shop) -> None:
    """One version follows the other without a failure in between."""
    await asyncio.to_thread(shop.open, stable="v1-l20", canary="v2", weight=0)
    async with shop.load(rate=100) as load:
        await asyncio.sleep(0.5)
        await asyncio.to_thread(shop.kubectl, "set", "image", "deployment/checkout", "app=shop/checkout:v3-l20")
        await asyncio.to_thread(shop.kubectl, "rollout", "status", "deployment/checkout", "--timeout=30s")
        seen = load.record.versions
        over = lambda: "v3-l20" in seen and seen["v1-l20"].last < seen["v3-l20"].last - 1  # noqa: E731
        assert await asyncio.to_thread(soon, over), "a second in which nobody has the old version"
    summary = summarise(load.record)
    assert (summary["failed"], summary["errors"], list(summary["versions"])) == (0, {}, ["v1-l20", "v3-l20"])


def test_pods_play_failures(shop: Shop) -> None:
    """What goes wrong stands in the pods' statuses, in Kubernetes' own words."""
    tags = {"crash": "v1-crash", "pull": "v1-nopull", "unready": "v1-neverready", "invalid": "v1-e500", "slow": "v1-r2"}
    shop.apply(*(_deployment(name, tag, 1) for name, tag in tags.items()))

    def found() -> dict[str, tuple[str, str]]:
        statuses = {pod["metadata"]["labels"]["app"]: pod["status"] for pod in shop.pods()}
        return {
            app: (status["phase"], _why(status)) for app, status in statuses.items() if "containerStatuses" in status
        }

    expected = {
        "crash": ("Running", "CrashLoopBackOff"),
        "pull": ("Pending", "ImagePullBackOff"),
        "unready": ("Running", "not ready"),
        "invalid": ("Pending", "CreateContainerConfigError"),
        "slow": ("Running", "ready"),
    }
    assert soon(lambda: found() == expected), found()


@pytest.mark.serial
def test_pods_survive_their_kubelet(cluster: Cluster, shop: Shop) -> None:
    """A kubelet that was killed finds its pods again, at their old addresses, with one restart more."""
    shop.open(stable="v1", canary="v2", weight=50)
    before = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in shop.pods()}
    cluster.kill("kubelet")
    cluster.start("kubelet")

    def restarted() -> bool:
        return all(pod["status"]["containerStatuses"][0]["restartCount"] == 1 for pod in shop.pods())

    assert soon(restarted)
    assert {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in shop.pods()} == before
    assert soon(lambda: shop.asks().ok)


def soon(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether it came true; asked no more after that, for chance may say otherwise the next time."""
    deadline = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds


def _why(status: dict[str, Any]) -> str:
    container = status["containerStatuses"][0]
    reason: str = container["state"].get("waiting", {}).get("reason", "ready" if container["ready"] else "not ready")
    return reason


def _deployment(name: str, tag: str, replicas: int) -> dict[str, Any]:
    container = {"name": "app", "image": f"shop/checkout:{tag}", "ports": [{"containerPort": 8080}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def _service(name: str) -> dict[str, Any]:
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _route(host: str, weights: dict[str, int]) -> dict[str, Any]:
    destinations = [{"destination": {"host": name}, "weight": weight} for name, weight in weights.items()]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "checkout"},
        "spec": {"hosts": [host], "gateways": ["istio-system/testbed"], "http": [{"route": destinations}]},
    }
