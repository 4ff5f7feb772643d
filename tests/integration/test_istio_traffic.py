"""The route's edits on a real API server, with Istio's schema and Istio's own validation."""

import asyncio
import itertools
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from canary_operator.api.rollout import Spec
from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Route
from canary_operator.errors import Conflict, Refused
from canary_operator.ports import Target
from canary_operator.providers.json_patch import add
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import VIRTUAL_SERVICES
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.golden import load_in
from tests.providers.traffic.istio.shapes import a_weight, listed, orders_in, rolled_back

pytestmark = pytest.mark.integration

GOLDEN = Path(__file__).parents[1] / "providers/traffic/istio/golden"
SHAPES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
PRUNED = {"unknown-fields"}
"""A real API server knows its schema; such fields are for the next one's."""
OWN = {"name": "resets", "promQL": "resets{a='$arm'}", "outOf": "closed{a='$arm'}", "max": "1%"}


def golden(shape: str, name: str, namespace: str) -> Any:
    return load_in(GOLDEN / shape, name, namespace)


def a_target(namespace: str, intent: Any, route: str = "checkout") -> Target:
    fields = {"route": "routes", "tcp": "tcpRoutes", "tls": "tlsRoutes"}
    asked = {field: listed(intent[key]) for key, field in fields.items() if key in intent}
    reference: dict[str, Any] = {"name": route, **asked}
    istio: dict[str, Any] = {"virtualServices": [reference]}
    subject: dict[str, Any] = {"revision": "v2"}
    if "subsets" in intent:
        istio["subsets"] = {"destinationRule": "checkout", **intent["subsets"]}
        subject = {"workload": {"deploymentRef": {"name": "checkout"}}}
    traffic = {"istio": istio, "stableService": intent["stable"]}
    spec = {
        **subject,
        "traffic": traffic | ({"canaryService": intent["canary"]} if "canary" in intent else {}),
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [OWN]},
    }
    return Target(namespace, "checkout", "uid", Spec.model_validate(spec))


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in PRUNED])
async def test_istio_accepts_every_step_of_every_shape(kubernetes: Kubernetes, namespace: str, shape: str) -> None:
    """What the API server holds is the golden object at each weight, and in the end what its owner wrote."""
    made = await kubernetes.create(VIRTUAL_SERVICES, namespace, golden(shape, "before", namespace))
    objects, name = MemoryObjects(), made["metadata"]["name"]
    objects.put(VIRTUAL_SERVICES, made)
    traffic, target = IstioTraffic(kubernetes, objects), a_target(namespace, golden(shape, "intent", namespace), name)
    for step, order in orders_in(golden(shape, "intent", namespace)).items():
        await traffic.set_weight(target, order)
        live = await kubernetes.get(VIRTUAL_SERVICES, namespace, name)
        wanted = golden(shape, step, namespace)
        assert live is not None
        assert live == objects.get(VIRTUAL_SERVICES, namespace, name)
        assert live["spec"] == wanted["spec"]
        assert live["metadata"]["annotations"] == wanted["metadata"]["annotations"]
    await traffic.restore(target)
    live = await kubernetes.get(VIRTUAL_SERVICES, namespace, name)
    assert live is not None
    assert live["spec"] == made["spec"]
    assert [live["metadata"].get(key) for key in ("labels", "annotations")] == [
        made["metadata"].get(key) for key in ("labels", "annotations")
    ]


async def test_a_busy_writer_delays_raises_and_never_a_rollback(kubernetes: Kubernetes, namespace: str) -> None:
    """While somebody writes to the object all the time, every rollback lands at once."""
    objects, target = MemoryObjects(), a_target(namespace, {"stable": "checkout"})
    made = await kubernetes.create(VIRTUAL_SERVICES, namespace, golden("labels-and-annotations", "before", namespace))
    objects.put(VIRTUAL_SERVICES, made)
    traffic = IstioTraffic(kubernetes, objects)
    writer = asyncio.create_task(_annotate(kubernetes, namespace))
    conflicts = 0
    for stage in range(1, 11):
        conflicts += await _insist(traffic, target, a_weight(25, stage=stage))
        await asyncio.sleep(0.05)
        await traffic.set_weight(target, rolled_back())
        found = await traffic.look(target)
        assert isinstance(found, Route)
        assert found.share == 0
    writer.cancel()
    with suppress(asyncio.CancelledError):
        await writer
    assert conflicts > 0


async def test_istio_refuses_what_we_never_write(kubernetes: Kubernetes, namespace: str) -> None:
    """All weights 0 is refused by Istio itself, so the validation in these tests is the real one."""
    made = await kubernetes.create(VIRTUAL_SERVICES, namespace, golden("both-present", "before", namespace))
    nothing = add(0, "spec", "http", 0, "route", 0, "weight")
    with pytest.raises(Refused, match="total destination weight = 0"):
        await kubernetes.patch(
            VIRTUAL_SERVICES, namespace, "checkout", [nothing], seen=made["metadata"]["resourceVersion"]
        )


async def _insist(traffic: IstioTraffic, target: Target, order: SetWeight) -> int:
    """Decides again after each conflict; the number of conflicts."""
    for conflicts in itertools.count():
        try:
            await traffic.set_weight(target, order)
        except Conflict:
            continue
        return conflicts
    raise AssertionError("counting never ends")


async def _annotate(kubernetes: Kubernetes, namespace: str) -> None:
    for count in itertools.count():
        change = add(str(count), "metadata", "annotations", "example.com/count")
        await kubernetes.patch(VIRTUAL_SERVICES, namespace, "checkout", [change], seen=None)
        await asyncio.sleep(0.01)
