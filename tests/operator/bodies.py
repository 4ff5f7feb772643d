"""Objects as the API server would send them."""

from typing import Any

from canary_operator.providers.resources import DEPLOYMENTS, ROLLOUTS, VIRTUAL_SERVICES, Resource

SPEC: dict[str, Any] = {
    "workload": {"deploymentRef": {"name": "checkout"}},
    "traffic": {"istio": {"virtualServices": [{"name": "shop"}]}, "stableService": "checkout"},
    "stages": [{"weight": "5%", "duration": "1m"}],
    "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
}


def a_body(resource: Resource, name: str, *, version: int = 1, uid: str = "", **rest: Any) -> dict[str, Any]:
    """Any object in the namespace `shop`."""
    metadata = {
        "namespace": "shop",
        "name": name,
        "uid": uid or f"{name}-uid",
        "resourceVersion": str(version),
        "generation": 1,
        "creationTimestamp": "2026-01-01T12:00:00Z",
        **rest.pop("metadata", {}),
    }
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **rest}


def a_rollout(name: str = "checkout", *, version: int = 1, spec: dict[str, Any] | None = None, **rest: Any) -> Any:
    return a_body(ROLLOUTS, name, version=version, spec=SPEC if spec is None else spec, **rest)


def a_deployment(name: str = "checkout", *, version: int = 1, **rest: Any) -> dict[str, Any]:
    return a_body(DEPLOYMENTS, name, version=version, **rest)


def a_virtual_service(name: str = "shop", *, version: int = 1, **rest: Any) -> dict[str, Any]:
    return a_body(VIRTUAL_SERVICES, name, version=version, **rest)
