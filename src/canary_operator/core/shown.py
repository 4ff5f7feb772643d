"""The few fields that `kubectl get` prints."""

from fractions import Fraction

from canary_operator.api.quantities import format_percentage
from canary_operator.api.status import Run, Status


def shown(status: Status) -> dict[str, object]:
    """Stage, weight, observed share and requests of the run; empty at rest."""
    run = status.run
    if run is None:
        return {"stage": None, "weight": None, "observed_weight": None, "canary_requests": None}
    return {
        "stage": f"{run.stage}/{len(run.plan.stages)}",
        "weight": format_percentage(run.weight),
        "observed_weight": _observed(run),
        "canary_requests": int(run.evidence.compared.canary.requests + run.evidence.uncompared.requests),
    }


def _observed(run: Run) -> str | None:
    """Share of the stage's requests that the canary answered, with one decimal."""
    canary, baseline = run.evidence.stage_canary, run.evidence.stage_baseline
    if canary + baseline <= 0:
        return None
    return format_percentage(Fraction(round(1000 * canary / (canary + baseline)), 1000))
