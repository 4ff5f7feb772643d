"""Who a pod is in the eyes of Istio and Prometheus: labels worked out from its object and the Services around it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Service:
    namespace: str
    name: str
    selector: Mapping[str, str]
    created: str
    """RFC 3339, so that texts sort by age."""

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Service":
        metadata = body["metadata"]
        selector = body["spec"].get("selector") or {}
        return cls(metadata["namespace"], metadata["name"], selector, metadata["creationTimestamp"])

    def selects(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """A Service without a selector selects nothing."""
        return bool(self.selector) and self.namespace == namespace and self.selector.items() <= labels.items()


def workload_of(metadata: Mapping[str, Any]) -> str:
    """A Deployment's name as Istio finds it: the ReplicaSet's without the template's hash."""
    owners = metadata.get("ownerReferences") or [{"name": metadata["name"]}]
    template = metadata.get("labels", {}).get("pod-template-hash")
    return str(owners[0]["name"].removesuffix(f"-{template}"))


def istio_labels(metadata: Mapping[str, Any], services: Iterable[Service]) -> dict[str, str]:
    """The labels of `istio_requests_total` as the pod's sidecar reports them.

    Of several Services that select a pod Istio reports the oldest, whichever of them the client asked for.
    """
    labels = metadata.get("labels", {})
    namespace = metadata["namespace"]
    workload = workload_of(metadata)
    selecting = [service for service in services if service.selects(namespace, labels)]
    service = min(selecting, key=lambda one: (one.created, one.name)).name if selecting else "unknown"
    return {
        "reporter": "destination",
        "source_workload": "unknown",
        "source_workload_namespace": "unknown",
        "destination_workload": workload,
        "destination_workload_namespace": namespace,
        "destination_app": labels.get("app", "unknown"),
        "destination_version": labels.get("version", "unknown"),
        "destination_service": f"{service}.{namespace}.svc.cluster.local" if selecting else "unknown",
        "destination_service_name": service,
        "destination_service_namespace": namespace,
        "destination_canonical_service": _first(
            labels, "service.istio.io/canonical-name", "app.kubernetes.io/name", "app", otherwise=workload
        ),
        "destination_canonical_revision": _first(
            labels, "service.istio.io/canonical-revision", "app.kubernetes.io/version", "version", otherwise="latest"
        ),
        "request_protocol": "http",
        "response_flags": "-",
        "connection_security_policy": "none",
    }


def scrape_labels(pod: Mapping[str, Any]) -> dict[str, str]:
    """What Prometheus adds to every series of a pod, as Istio's own sample configuration does."""
    metadata = pod["metadata"]
    own = {re.sub(r"\W", "_", name): value for name, value in metadata.get("labels", {}).items()}
    return own | {"namespace": metadata["namespace"], "pod": metadata["name"], "node": pod["spec"]["nodeName"]}


def _first(labels: Mapping[str, str], *names: str, otherwise: str) -> str:
    return next((labels[name] for name in names if name in labels), otherwise)
