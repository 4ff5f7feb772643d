"""The provider by itself: a real API server takes what it writes, and a sidecar obeys it."""

import asyncio
import socket
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from canary_operator.api.rollout import Spec
from canary_operator.core.actions import Purpose
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import HTTP_ROUTES
from canary_operator.providers.traffic.gateway_api.apply import GatewayAPITraffic
from testbed.cluster import Cluster
from testbed.load import Plan
from testbed.shop import CANARY, NAME, HTTPRouteShop, Manifest, Traffic
from testbed.shop.http_route import http_route
from testbed.shop.manifests import deployment, service
from testbed.sidecar import a_sidecar
from tests.doubles.objects import MemoryObjects
from tests.integration.http_routes import COUNTED, insist, shares
from tests.integration.served import wait_until_served
from tests.providers.traffic.gateway_api.shapes import steps
from tests.providers.traffic.golden import load_in
from tests.providers.traffic.istio.shapes import a_weight, listed

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("gateway-api")]
"""One after the other: two releases under so much traffic at a time are more than two processors carry."""

GOLDEN = Path(__file__).parents[1] / "providers/traffic/gateway_api/golden"
SHAPES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
PRUNED = {"unknown-fields"}
"""A real API server knows its schema; such fields are for the next one's."""


async def test_callers_in_the_mesh_obey_it_too(cluster: Cluster, namespace: str, kubernetes: Kubernetes) -> None:
    """With the Service as parent: a sidecar splits what is sent to the Service."""
    port = a_free_port()
    shop = HTTPRouteShop(cluster, namespace)
    body = http_route(shop.host)
    body["spec"] = {
        "parentRefs": [{"group": "", "kind": "Service", "name": NAME}],
        "rules": [{"backendRefs": [{"name": NAME, "port": port}]}],
    }
    services = [on_port(service(name), port) for name in (NAME, CANARY)]
    shop.apply(deployment("v1", 2), deployment("v2", 2, CANARY), *services, body)
    traffic, target = GatewayAPITraffic(kubernetes, MemoryObjects()), a_target(namespace, {"stable": NAME})
    host = f"{NAME}.{namespace}.svc.cluster.local"
    with a_sidecar(cluster, namespace):
        url = f"http://127.0.0.1:{port}"
        shop.wait("the sidecar to listen", partial(answers, url, host))
        for percent, versions in ((25, ("v1", "v2")), (0, ("v1",)), (50, ("v1", "v2"))):
            await insist(partial(traffic.set_weight, target, a_weight(percent, Purpose.RELEASE)))
            with Traffic(Plan(url, host, 150)) as users:
                await asyncio.to_thread(wait_until_served, shop, users, *versions)
                before = users.answers()
                await asyncio.sleep(COUNTED)
                assert users.failures() == 0
                answered = users.answers() - before
            expected, deviation = shares(answered.total(), percent / 100)
            assert answered.total() > 1000
            assert abs(answered["v2"] - expected) <= 4.5 * deviation


def on_port(manifest: Manifest, port: int) -> Manifest:
    manifest["spec"]["ports"][0]["port"] = port
    return manifest


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str, host: str) -> bool:
    try:
        return requests.get(url, headers={"Host": host}, timeout=2).ok
    except requests.RequestException:
        return False


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in PRUNED])
async def test_the_api_server_takes_every_golden_object(kubernetes: Kubernetes, namespace: str, shape: str) -> None:
    """Each weight of each shape passes the CRD's validation, stands as golden, and the spec comes back as it was."""
    made = await kubernetes.create(HTTP_ROUTES, namespace, golden(shape, "before", namespace))
    objects = MemoryObjects()
    objects.put(HTTP_ROUTES, made)
    traffic, target = GatewayAPITraffic(kubernetes, objects), a_target(namespace, golden(shape, "intent", namespace))
    for name, order in steps(golden(shape, "intent", namespace)).items():
        await insist(partial(traffic.set_weight, target, order))
        live = await kubernetes.get(HTTP_ROUTES, namespace, NAME)
        wanted = golden(shape, name, namespace)
        assert live is not None
        assert live["spec"] == wanted["spec"]
        assert live["metadata"]["annotations"] == wanted["metadata"]["annotations"]
    await insist(partial(traffic.restore, target))
    live = await kubernetes.get(HTTP_ROUTES, namespace, NAME)
    assert live is not None
    assert live["spec"] == made["spec"]
    assert [live["metadata"].get(key) for key in ("labels", "annotations")] == [
        made["metadata"].get(key) for key in ("labels", "annotations")
    ]


def golden(shape: str, name: str, namespace: str) -> Any:
    return load_in(GOLDEN / shape, name, namespace)


def a_target(namespace: str, intent: Any) -> Target:
    rules = {"rules": listed(intent["rule"])} if "rule" in intent else {}
    traffic = {"gatewayAPI": {"httpRoutes": [{"name": NAME, **rules}]}, "stableService": intent["stable"]}
    spec = {
        "revision": "v2",
        "traffic": traffic | ({"canaryService": intent["canary"]} if "canary" in intent else {}),
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
    }
    return Target(namespace, NAME, "uid", Spec.model_validate(spec))
