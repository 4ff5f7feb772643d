"""VirtualServices that sidecars obey: weights, and who gets the canary by what the calling pod is."""

import asyncio
import socket
from typing import Any

import pytest
import requests

from canary_operator.api.matches import CanaryMatch
from canary_operator.api.rollout import Spec
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from testbed.cluster import Cluster
from testbed.load import Plan
from testbed.shop import CANARY, NAME, Manifest, Shop, Traffic
from testbed.shop.manifests import deployment, service
from testbed.sidecar import a_sidecar
from tests.doubles.objects import MemoryObjects
from tests.integration.http_routes import COUNTED, shares
from tests.integration.served import wait_until_served
from tests.providers.traffic.istio.shapes import a_weight, rolled_back

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("sidecars")]

IN_EUROPE = {"app": "basket", "region": "eu-west"}
"""Istio has no test of where a caller runs; a label on its pods says it."""
EUROPEANS = (CanaryMatch.model_validate({"sourceLabels": {"region": "eu-west"}}),)


@pytest.fixture
def port() -> int:
    """A sidecar listens on loopback at the Service's port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@pytest.fixture
def shop(cluster: Cluster, namespace: str, port: int) -> Shop:
    """Both versions run, and callers in the mesh get stable."""
    shop = Shop(cluster, namespace)
    split = {"name": "primary", "route": [{"destination": {"host": NAME}}]}
    body: Manifest = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": NAME},
        "spec": {"hosts": [NAME], "http": [split]},
    }
    services = [service(name) for name in (NAME, CANARY)]
    for one in services:
        one["spec"]["ports"][0]["port"] = port
    shop.apply(deployment("v1", 2), deployment("v2", 2, CANARY), *services, body)
    return shop


def a_target(namespace: str) -> Target:
    spec: dict[str, Any] = {
        "revision": "v2",
        "traffic": {"istio": {"virtualServices": [{"name": NAME}]}, "stableService": NAME},
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
    }
    return Target(namespace, NAME, "uid", Spec.model_validate(spec))


async def test_a_label_of_the_calling_pod_decides(
    cluster: Cluster, shop: Shop, namespace: str, port: int, kubernetes: Kubernetes
) -> None:
    """A region gets the canary alone, at weight 0 for everybody else; in the end nobody does."""
    traffic, target = IstioTraffic(kubernetes, MemoryObjects()), a_target(namespace)
    with a_sidecar(cluster, namespace, IN_EUROPE):
        await meets(shop, port, {"v1"})
        await traffic.set_weight(target, a_weight(0, matches=EUROPEANS))
        await meets(shop, port, {"v2"})
    with a_sidecar(cluster, namespace, {"app": "basket", "region": "us-east"}):
        await meets(shop, port, {"v1"})
        await traffic.set_weight(target, a_weight(50, matches=EUROPEANS))
        await meets(shop, port, {"v1", "v2"})
    with a_sidecar(cluster, namespace, IN_EUROPE):
        await meets(shop, port, {"v2"})
        await traffic.set_weight(target, rolled_back())
        await meets(shop, port, {"v1"})


async def test_sidecars_obey_each_weight(
    cluster: Cluster, shop: Shop, namespace: str, port: int, kubernetes: Kubernetes
) -> None:
    """As closely as chance allows, and nobody's request fails. Each weight gives other versions than the one before."""
    traffic, target, host = IstioTraffic(kubernetes, MemoryObjects()), a_target(namespace), host_in(namespace)
    with a_sidecar(cluster, namespace):
        await meets(shop, port, {"v1"})
        for percent, versions in ((10, ("v1", "v2")), (100, ("v2",)), (60, ("v1", "v2"))):
            await traffic.set_weight(target, a_weight(percent))
            with Traffic(Plan(f"http://127.0.0.1:{port}", host, 150)) as users:
                await asyncio.to_thread(wait_until_served, shop, users, *versions)
                before = users.answers()
                await asyncio.sleep(COUNTED)
                assert users.failures() == 0, f"{users.summary()}"
                answered = users.answers() - before
            expected, deviation = shares(answered.total(), percent / 100)
            assert answered.total() > 1000
            assert abs(answered["v2"] - expected) <= 4.5 * deviation, answered


def host_in(namespace: str) -> str:
    return f"{NAME}.{namespace}.svc.cluster.local"


async def meets(shop: Shop, port: int, versions: set[str]) -> None:
    """Twenty calls in a row through the sidecar are answered by these, and by no other."""
    wanted = f"{sorted(versions)} for twenty calls"
    await asyncio.to_thread(shop.wait, wanted, lambda: called(port, host_in(shop.namespace)) == versions)


def called(port: int, host: str) -> set[str]:
    found = set()
    for _ in range(20):
        try:
            answer = requests.get(f"http://127.0.0.1:{port}/", headers={"Host": host}, timeout=2)
        except requests.RequestException:
            return set()
        found.add(answer.headers.get("x-version", "nobody") if answer.ok else "nobody")
    return found
