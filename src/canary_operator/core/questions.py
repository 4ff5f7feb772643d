"""What must be asked in this pass; everything that is not asked costs no call."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from canary_operator.api.status import State, Status
from canary_operator.core.capacity import canary_replicas
from canary_operator.core.plan import present_stage
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Missing, Problem, Unknown

ENDPOINTS_EVERY = timedelta(seconds=30)
"""Where no Deployment of ours tells that the canary lost its pods."""
JUDGED = frozenset({State.PREPARING, State.STAGED, State.PROMOTING})
"""In these states looks are taken."""


@dataclass(frozen=True, slots=True)
class Questions:
    endpoints: bool = False
    """Ready endpoints of both Services."""
    pods: bool = False
    """What the canary's pods complain about."""


def questions(
    status: Status,
    stable: DeploymentFacts | Problem | Missing | Unknown | None,
    canary: CanaryFacts | Missing | Unknown | None,
    now: datetime,
) -> Questions:
    """Endpoints before any weight rises, and when the canary may have lost its own; pods while one is not ready."""
    run = status.run
    match status.state, canary:
        case State.OUTSIDE, _:
            return Questions(endpoints=True)
        case State.PREPARING, None:
            return Questions(endpoints=True)
        case State.PREPARING, CanaryFacts(ready=ready) if run is not None:
            enough = ready >= canary_replicas(run.base_replicas, present_stage(run).weight)
            return Questions(endpoints=enough or run.weight > 0, pods=not enough)
        case State.STAGED, None if run is not None:
            asked = run.endpoints_at
            return Questions(endpoints=asked is None or now - asked >= ENDPOINTS_EVERY or run.unready_since is not None)
        case State.STAGED, CanaryFacts(ready=ready) if run is not None:
            return Questions(endpoints=ready == 0 or run.unready_since is not None)
        case State.STAGED, Missing():
            return Questions(endpoints=True)
        case State.PROMOTING, CanaryFacts(ready=ready) if ready > 0:
            return Questions(endpoints=isinstance(stable, DeploymentFacts) and stable.rolled_out)
        case State.PROMOTING, _:
            return Questions(endpoints=True)
    return Questions()
