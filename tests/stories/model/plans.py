"""What the user asks for in a model: short stages, and one metric with a limit and a comparison."""

from canary_operator.api.rollout import Spec


def a_plan(*stages: str, adoption: str = "Policy") -> Spec:
    return Spec.model_validate(
        {
            "workload": {"deploymentRef": {"name": "checkout"}, "progressDeadline": "1m", "adoption": adoption},
            "traffic": {"istio": {"virtualServices": [{"name": "checkout"}]}, "stableService": "checkout"},
            "stages": [{"weight": weight, "duration": "30s"} for weight in stages],
            "analysis": {
                "warmup": "0s",
                "minCanaryRequests": 20,
                "maxExtension": "30s",
                "metrics": [{"preset": "istio-error-rate", "max": "5%", "maxIncrease": "50%"}],
            },
            "maxDuration": "1h",
        }
    )


def plans(adoption: str) -> tuple[Spec, ...]:
    """What the spec is edited to, in turn."""
    return a_plan("10%", "50%", "100%", adoption=adoption), a_plan("20%", "60%", adoption=adoption)
