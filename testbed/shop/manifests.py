"""What a team has in Git: a Deployment, a Service, a route, and a CanaryRollout. None names its namespace."""

from collections.abc import Mapping, Sequence
from typing import Any

NAME = "checkout"
CANARY = f"{NAME}-canary"
SUBSETS = ("stable", "canary")
GATEWAY = "istio-system/testbed"
PORT = 8080
STAGES = (("5%", "6s"), ("25%", "6s"), ("50%", "6s"), ("100%", "6s"))
ANALYSIS: Mapping[str, Any] = {
    "warmup": "0s",
    "minCanaryRequests": 20,
    "metrics": [{"preset": "istio-error-rate", "max": "1%", "maxIncrease": "50%"}],
}

Manifest = dict[str, Any]


def image(tag: str) -> str:
    """The tag says how its pods behave: `v2-e5` fails 5 % of its requests."""
    return f"shop/{NAME}:{tag}"


def application(tag: str, host: str, replicas: int) -> list[Manifest]:
    """The application without the CanaryRollout."""
    return [deployment(tag, replicas), service(), route(host)]


def deployment(tag: str, replicas: int, name: str = NAME) -> Manifest:
    labels = {"app": name}
    container = {"name": NAME, "image": image(tag), "ports": [{"containerPort": PORT}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def service(name: str = NAME) -> Manifest:
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": PORT}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def route(host: str) -> Manifest:
    """With things that nobody may lose: a label, an annotation, retries, a second rule."""
    rules = [
        {"name": "status", "match": [{"uri": {"exact": "/status"}}], "directResponse": {"status": 204}},
        {
            "name": "primary",
            "retries": {"attempts": 0},
            "timeout": "8s",
            "route": [{"destination": {"host": NAME, "port": {"number": 80}}}],
        },
    ]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": NAME, "labels": {"team": "shop"}, "annotations": {"shop.example/contact": "#checkout"}},
        "spec": {"hosts": [host], "gateways": [GATEWAY], "http": rules},
    }


def rollout(
    stages: Sequence[tuple[str, str]] = STAGES,
    analysis: Mapping[str, Any] | None = None,
    workload: Mapping[str, Any] | None = None,
) -> Manifest:
    """`stages` are weights with durations. `analysis` and `workload` are added to what is short for a testbed."""
    return {
        "apiVersion": "canary-operator.dev/v1alpha1",
        "kind": "CanaryRollout",
        "metadata": {"name": NAME},
        "spec": {
            "workload": {"deploymentRef": {"name": NAME}, "drain": "1s", **(workload or {})},
            "traffic": {
                "istio": {"virtualServices": [{"name": NAME, "routes": ["primary"]}]},
                "stableService": NAME,
            },
            "stages": [{"weight": weight, "duration": duration} for weight, duration in stages],
            "analysis": {**ANALYSIS, **(analysis or {})},
        },
    }
