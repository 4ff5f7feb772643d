"""Manifests without a pitfall, and what brings one in."""

from typing import Any

GOOD: dict[str, dict[str, Any]] = {
    "rollout": {
        "kind": "CanaryRollout",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "workload": {"deploymentRef": {"name": "checkout"}},
            "traffic": {"istio": {"virtualServices": [{"name": "checkout"}]}, "stableService": "checkout"},
            "stages": [{"weight": "5%", "duration": "10m"}],
            "analysis": {"metrics": [{"preset": "istio-error-rate", "maxIncrease": "50%"}]},
        },
    },
    "route": {
        "kind": "VirtualService",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {"hosts": ["checkout"], "http": [{"route": [{"destination": {"host": "checkout"}}]}]},
    },
    "service": {
        "kind": "Service",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {"selector": {"app": "checkout"}},
    },
    "deployment": {
        "kind": "Deployment",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "template": {
                "metadata": {"labels": {"app": "checkout", "tier": "web"}},
                "spec": {"containers": [{"name": "app", "readinessProbe": {"httpGet": {"port": 80}}}]},
            }
        },
    },
}

TWO = [{"destination": {"host": "checkout"}, "weight": 100}, {"destination": {"host": "other"}, "weight": 0}]
