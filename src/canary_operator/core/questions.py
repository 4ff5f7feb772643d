"""What must be asked in this pass; everything that is not asked costs no call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from canary_operator.api.status import Run, State, Status
from canary_operator.core.capacity import canary_replicas
from canary_operator.core.plan import present_stage
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Missing, Problem, Unknown

ENDPOINTS_EVERY = timedelta(seconds=30)
"""Where no Deployment of ours tells that the canary lost its pods."""
JUDGED = frozenset({State.PREPARING, State.STAGED, State.PROMOTING})
"""In these states looks are taken."""

Stable = DeploymentFacts | Problem | Missing | Unknown | None
Canary = CanaryFacts | Missing | Unknown | None


@dataclass(frozen=True, slots=True)
class Questions:
    endpoints: bool = False
    """Ready endpoints of both Services."""
    pods: bool = False
    """What the canary's pods complain about."""


def questions(status: Status, stable: Stable, canary: Canary, now: datetime) -> Questions:
    """Endpoints before any weight rises, and when the canary may have lost its own; pods while one is not ready."""
    run = status.run
    if status.state is State.OUTSIDE:
        return Questions(endpoints=True)
    if run is None or status.state not in _IN_A_RUN:
        return Questions()
    asked = _IN_A_RUN[status.state](run, stable, canary, now)
    return Questions(endpoints=asked.endpoints or run.reapply, pods=asked.pods)


def _preparing(run: Run, _: Stable, canary: Canary, __: datetime) -> Questions:
    match canary:
        case None:
            return Questions(endpoints=True)
        case CanaryFacts(ready=ready):
            enough = ready >= canary_replicas(run.base_replicas, present_stage(run).weight)
            return Questions(endpoints=enough or run.weight > 0, pods=not enough)
        case Missing() | Unknown():
            return Questions(endpoints=run.weight > 0)


def _staged(run: Run, _: Stable, canary: Canary, now: datetime) -> Questions:
    doubted = run.unready_since is not None
    match canary:
        case None:
            due = run.endpoints_at is None or now - run.endpoints_at >= ENDPOINTS_EVERY
            return Questions(endpoints=doubted or due)
        case CanaryFacts(ready=ready):
            return Questions(endpoints=doubted or ready == 0)
        case Missing() | Unknown():
            return Questions(endpoints=isinstance(canary, Missing))


def _promoting(_: Run, stable: Stable, canary: Canary, __: datetime) -> Questions:
    match canary:
        case CanaryFacts(ready=ready) if ready > 0:
            return Questions(endpoints=isinstance(stable, DeploymentFacts) and stable.rolled_out)
    return Questions(endpoints=True)


def _leaving(run: Run, _: Stable, canary: Canary, __: datetime) -> Questions:
    """Where we don't know the Deployment, its Service must tell whether stable can take the traffic."""
    return Questions(endpoints=canary is None and run.weight > 0)


_IN_A_RUN: dict[State, Callable[[Run, Stable, Canary, datetime], Questions]] = {
    State.PREPARING: _preparing,
    State.STAGED: _staged,
    State.PROMOTING: _promoting,
    State.LEAVING: _leaving,
}
