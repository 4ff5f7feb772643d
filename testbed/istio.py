"""istiod and the objects that make a plain Envoy its gateway."""

import asyncio
import json
from pathlib import Path
from typing import Any

from testbed.api import Api
from testbed.process import Process
from testbed.state import State

NAMESPACE = "istio-system"
LABELS = {"istio": "ingressgateway"}
"""By these Envoy is known as the gateway."""


def istiod(state: State) -> Process:
    # Without auto mTLS: otherwise Envoy waits for certificates for ever.
    mesh = state.directory / "mesh.json"
    mesh.write_text(json.dumps({"enableAutoMtls": False}), encoding="utf-8")
    command = (
        state.binary("pilot-discovery"),
        "discovery",
        f"--kubeconfig={state.kubeconfig}",
        f"--meshConfig={mesh}",
        f"--namespace={NAMESPACE}",
        f"--httpAddr=127.0.0.1:{state.ports['istiod_http']}",
        f"--grpcAddr=127.0.0.1:{state.ports['istiod_grpc']}",
        "--secureGRPCAddr=",
        f"--monitoringAddr=127.0.0.1:{state.ports['istiod_monitoring']}",
        f"--httpsAddr=127.0.0.1:{state.ports['istiod_webhook']}",
        "--ctrlz_port=0",
    )
    return Process("istiod", command, _environment(), f"{state.url('istiod_http')}/ready")


def crds(file: Path) -> list[dict[str, Any]]:
    definitions: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return definitions


async def create_crds(api: Api, definitions: list[dict[str, Any]]) -> None:
    """Returns when all are served: istiod would notice one that comes later, but seconds later."""
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await asyncio.gather(*(api.create(path, definition) for definition in definitions))
    await asyncio.gather(*(api.wait_for(f"{served_at(definition)}?limit=1") for definition in definitions))


def served_at(definition: dict[str, Any]) -> str:
    """The path of the definition's objects: "/apis/networking.istio.io/v1/gateways"."""
    spec = definition["spec"]
    version = next(version["name"] for version in spec["versions"] if version["storage"])
    return f"/apis/{spec['group']}/{version}/{spec['names']['plural']}"


async def create_namespace(api: Api) -> None:
    await api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})


async def create_webhook(api: Api, state: State) -> None:
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    await api.create(path, webhook(state))


async def create_gateway(api: Api, state: State) -> None:
    await api.create(f"/apis/networking.istio.io/v1/namespaces/{NAMESPACE}/gateways", gateway(state))


def webhook(state: State) -> dict[str, Any]:
    """Istio's own validation. istiod finds it by its label, fills in the CA, and turns Ignore into Fail."""
    rule = {
        "apiGroups": ["networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["*"],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "istiod-default-validator", "labels": {"app": "istiod", "istio.io/rev": "default"}},
        "webhooks": [
            {
                "name": "validation.istio.io",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Ignore",
                "rules": [rule],
                "clientConfig": {"url": f"https://127.0.0.1:{state.ports['istiod_webhook']}/validate"},
            }
        ],
    }


def gateway(state: State) -> dict[str, Any]:
    """`bind` keeps the listener on loopback; without it the plain Envoy would open the port to everybody."""
    port = {"number": state.ports["gateway"], "name": "http", "protocol": "HTTP"}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "testbed", "namespace": NAMESPACE},
        "spec": {
            "selector": LABELS,
            "servers": [{"port": port, "bind": "127.0.0.1", "hosts": ["*"]}],
        },
    }


def _environment() -> dict[str, str]:
    """A plain Envoy lacks Istio's extensions, so istiod must not send any."""
    return {
        "PILOT_ENABLE_METADATA_EXCHANGE": "false",
        "PILOT_ENABLE_ALPN_FILTER": "false",
        "PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER": "false",
        "PILOT_DEBOUNCE_AFTER": "10ms",
        "INJECT_ENABLED": "false",
        "ENABLE_LEADER_ELECTION": "false",
        "REVISION": "default",
        "CLUSTER_ID": "Kubernetes",
        "ISTIOD_CUSTOM_HOST": "127.0.0.1",
        "POD_NAMESPACE": NAMESPACE,
    }
