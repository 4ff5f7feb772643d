"""A shop's objects, as their users write them and as the API server completes them."""

from typing import Any

from canary_operator.api.rollout import Spec
from canary_operator.ports import Target

Body = dict[str, Any]


def a_target(
    namespace: str = "shop",
    name: str = "checkout",
    *,
    canary_service: str | None = None,
    stable_service: str = "checkout",
    subsets: Body | None = None,
    **workload: Any,
) -> Target:
    """A rollout of the Deployment `checkout`; `workload` adds fields to `spec.workload`."""
    istio: Body = {"virtualServices": [{"name": "checkout"}]} | ({"subsets": subsets} if subsets else {})
    traffic: Body = {"istio": istio, "stableService": stable_service}
    spec = {
        "workload": {"deploymentRef": {"name": "checkout"}, **workload},
        "traffic": traffic | ({"canaryService": canary_service} if canary_service else {}),
        "stages": [{"weight": "10%", "duration": "1m"}],
        "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
    }
    return Target(namespace, name, "uid-rollout", Spec.model_validate(spec))


def traffic_only(target: Target) -> Target:
    """The same rollout without a workload."""
    spec = target.spec.model_copy(update={"workload": None, "revision": "v2"})
    return Target(target.namespace, target.name, target.uid, spec)


def a_template(image: str = "shop/checkout:v1", labels: dict[str, str] | None = None, **pod: Any) -> Body:
    container = {"name": "app", "image": image, "ports": [{"containerPort": 8080}]}
    return {"metadata": {"labels": labels or {"app": "checkout"}}, "spec": {"containers": [container], **pod}}


def a_deployment(
    template: Body | None = None,
    *,
    replicas: int = 3,
    status: Body | None = None,
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> Body:
    """The Deployment `checkout`, rolled out; `status` changes what its controller says."""
    template = template or a_template()
    ready = {
        "replicas": replicas,
        "updatedReplicas": replicas,
        "availableReplicas": replicas,
        "readyReplicas": replicas,
    }
    metadata: Body = {"name": "checkout", "namespace": "shop", "uid": "uid-checkout", "generation": 1}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata | ({"annotations": annotations} if annotations else {}),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": dict(template["metadata"]["labels"])},
            "template": template,
            **spec,
        },
        "status": {"observedGeneration": 1, **ready, **(status or {})},
    }


def a_service(name: str = "checkout", selector: dict[str, str] | None = None, **spec: Any) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop", "labels": {}, "annotations": {}},
        "spec": {
            "selector": {"app": "checkout"} if selector is None else selector,
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
            **spec,
        },
    }
