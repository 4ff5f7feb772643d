"""The few fields that `kubectl get` prints."""

from fractions import Fraction

from canary_operator.api.quantities import format_percentage
from canary_operator.api.status import Run, Status
from canary_operator.core.copies import mirrors
from canary_operator.core.score import score


def shown(status: Status) -> dict[str, object]:
    """Stage, weight, observed share, requests and score of the run; empty at rest."""
    run = status.run
    if run is None:
        return {"stage": None, "weight": None, "observed_weight": None, "canary_requests": None, "score": None}
    return {
        "stage": f"{run.stage}/{len(run.plan.stages)}",
        "weight": format_percentage(run.weight),
        "observed_weight": _observed(run),
        "canary_requests": int(run.evidence.compared.canary.requests + run.evidence.uncompared.requests),
        "score": score(run),
    }


def _observed(run: Run) -> str | None:
    """The canary's share of the requests that count in this stage, to one decimal; of the warm-up while it lasts.

    Copies are no share: all of the requests have their answers from stable.
    """
    evidence = run.evidence
    if mirrors(run):
        return None
    arms = evidence.stage if evidence.warm or evidence.warmup is None else evidence.warmup.counts
    requests = arms.canary.requests + arms.baseline.requests
    if requests <= 0:
        return None
    return format_percentage(Fraction(round(1000 * arms.canary.requests / requests), 1000))
