"""What the user asks for in a model: short stages, and one metric with a limit and a comparison."""

from canary_operator.api.rollout import Spec

TESTERS = [{"headers": [{"name": "x-canary", "present": True}]}]


FIRST = ("users", "testers", "copies")


def a_plan(*stages: str, adoption: str = "Policy", matches: bool = False, mirrors: tuple[str, ...] = ()) -> Spec:
    return Spec.model_validate(
        {
            "workload": {"deploymentRef": {"name": "checkout"}, "progressDeadline": "1m", "adoption": adoption},
            "traffic": {
                "istio": {"virtualServices": [{"name": "checkout"}]},
                "stableService": "checkout",
                **({"canaryMatches": TESTERS} if matches else {}),
            },
            "stages": [
                *({"mirror": share, "duration": "30s"} for share in mirrors),
                *({"weight": weight, "duration": "30s"} for weight in stages),
            ],
            "analysis": {
                "warmup": "0s",
                "minCanaryRequests": 20,
                "maxExtension": "30s",
                "metrics": [{"preset": "istio-error-rate", "max": "5%", "maxIncrease": "50%"}],
            },
            "maxDuration": "1h",
        }
    )


def plans(adoption: str, *, first: str = "users") -> tuple[Spec, ...]:
    """What the spec is edited to, in turn; who meets the canary first. Testers have it in every stage."""
    if first == "copies":
        mirrored = a_plan("10%", "100%", adoption=adoption, mirrors=("10%", "100%"))
        return mirrored, a_plan("20%", "60%", adoption=adoption, mirrors=("50%",))
    dark = first == "testers"
    stages = ("0%", "10%", "100%") if dark else ("10%", "50%", "100%")
    return a_plan(*stages, adoption=adoption, matches=dark), a_plan("20%", "60%", adoption=adoption, matches=dark)
