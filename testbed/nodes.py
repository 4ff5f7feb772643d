"""Two Node objects that take any pod.

Without a node a pod never gets into an EndpointSlice; with one, anti-affinity has nothing to choose from.
"""

import asyncio

from testbed.api import Api

NODES = {"node-a": "zone-a", "node-b": "zone-b"}
_ROOM = {"cpu": "10000", "memory": "100Ti", "ephemeral-storage": "100Ti", "pods": "10000"}


async def create_nodes(api: Api) -> None:
    await asyncio.gather(*(_create(api, name, zone) for name, zone in NODES.items()))


async def _create(api: Api, name: str, zone: str) -> None:
    await api.create("/api/v1/nodes", node(name, zone))
    await api.patch(f"/api/v1/nodes/{name}/status", {"status": ready_status(name)})
    # The API server puts a not-ready taint on every new node; the controller that would remove it is switched off.
    await api.patch(f"/api/v1/nodes/{name}", {"spec": {"taints": None}})


def node(name: str, zone: str) -> dict[str, object]:
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": "testbed",
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def ready_status(name: str) -> dict[str, object]:
    condition = {"type": "Ready", "status": "True", "reason": "Testbed", "message": "it has no kubelet to lose"}
    addresses = [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": name}]
    return {"capacity": _ROOM, "allocatable": _ROOM, "conditions": [condition], "addresses": addresses}
