"""A Gateway of the Gateway API on the same Envoy: istiod deploys none of its own here, so it is told of this one.

The Gateway names a Service as its address, and the Service selects Envoy by the label that Envoy tells istiod.
"""

from typing import Any

from testbed.api import Api
from testbed.istio import LABELS, NAMESPACE
from testbed.state import State

NAME = "testbed-api"


async def create_gateway(api: Api, state: State) -> None:
    core, namespaced = "/api/v1", f"namespaces/{NAMESPACE}"
    await api.create(f"{core}/{namespaced}/services", service(state))
    await api.create(f"/apis/networking.istio.io/v1alpha3/{namespaced}/envoyfilters", on_loopback(state))
    await api.create(f"/apis/gateway.networking.k8s.io/v1/{namespaced}/gateways", gateway(state))


def gateway(state: State) -> dict[str, Any]:
    """Istiod makes the class `istio` itself."""
    listener = {
        "name": "http",
        "port": state.ports["gateway_api"],
        "protocol": "HTTP",
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    address = {"type": "Hostname", "value": f"{NAME}.{NAMESPACE}.svc.cluster.local"}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": _metadata(),
        "spec": {"gatewayClassName": "istio", "addresses": [address], "listeners": [listener]},
    }


def service(state: State) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(),
        "spec": {"selector": LABELS, "ports": [{"name": "http", "port": state.ports["gateway_api"]}]},
    }


def on_loopback(state: State) -> dict[str, Any]:
    """The Gateway API has no word for it, and without it the plain Envoy would open the port to everybody."""
    port = state.ports["gateway_api"]
    listener = {"name": f"0.0.0.0_{port}", "portNumber": port}
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    patch = {
        "applyTo": "LISTENER",
        "match": {"context": "GATEWAY", "listener": listener},
        "patch": {"operation": "MERGE", "value": {"address": address}},
    }
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": _metadata(),
        "spec": {"configPatches": [patch]},
    }


def _metadata() -> dict[str, str]:
    return {"name": NAME, "namespace": NAMESPACE}
