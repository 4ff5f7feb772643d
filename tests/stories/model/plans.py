"""What the user asks for in a model: short stages, and one metric with a limit and a comparison."""

from canary_operator.api.rollout import Spec

TESTERS = [{"headers": [{"name": "x-canary", "present": True}]}]


def a_plan(*stages: str, adoption: str = "Policy", matches: bool = False) -> Spec:
    return Spec.model_validate(
        {
            "workload": {"deploymentRef": {"name": "checkout"}, "progressDeadline": "1m", "adoption": adoption},
            "traffic": {
                "istio": {"virtualServices": [{"name": "checkout"}]},
                "stableService": "checkout",
                **({"canaryMatches": TESTERS} if matches else {}),
            },
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


def plans(adoption: str, *, dark: bool = False) -> tuple[Spec, ...]:
    """What the spec is edited to, in turn; `dark` begins with testers only, and has them in every stage."""
    first = ("0%", "10%", "100%") if dark else ("10%", "50%", "100%")
    return a_plan(*first, adoption=adoption, matches=dark), a_plan("20%", "60%", adoption=adoption, matches=dark)
