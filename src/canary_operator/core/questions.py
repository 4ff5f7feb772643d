"""What must be asked in this pass; everything that is not asked costs no call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from canary_operator.api.status import Run, State, Status
from canary_operator.core.arms import as_canary, is_reversed
from canary_operator.core.capacity import canary_replicas
from canary_operator.core.chosen import carries
from canary_operator.core.drift import reapplies
from canary_operator.core.plan import present_stage
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Missing, Problem, Unknown

ENDPOINTS_EVERY = timedelta(seconds=30)
"""Where no Deployment of ours tells that the canary lost its pods."""
RESTARTS_EVERY = timedelta(seconds=10)
"""Where a metric counts them; what restarts stays in its pod's status, so none is missed in between."""
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
    if is_reversed(status):
        canary = as_canary(stable)
    if status.state is State.OUTSIDE:
        return Questions(endpoints=True)
    if run is None or status.state not in _IN_A_RUN:
        return Questions()
    asked = _IN_A_RUN[status.state](run, stable_awaited(status, stable), canary, now)
    return Questions(endpoints=asked.endpoints or run.reapply or reapplies(run), pods=asked.pods)


def _preparing(run: Run, _: bool, canary: Canary, __: datetime) -> Questions:
    match canary:
        case None:
            return Questions(endpoints=True)
        case CanaryFacts(ready=ready):
            enough = ready >= canary_replicas(run.base_replicas, present_stage(run).load)
            return Questions(endpoints=enough or _may_carry(run), pods=not enough and not run.reversed)
        case Missing() | Unknown():
            return Questions(endpoints=_may_carry(run))


def _may_carry(run: Run) -> bool:
    """Of several routes some may have a weight that is only intended yet."""
    return carries(run) or run.intent is not None


def _staged(run: Run, _: bool, canary: Canary, now: datetime) -> Questions:
    doubted = run.unready_since is not None
    match canary:
        case None:
            due = run.endpoints_at is None or now - run.endpoints_at >= ENDPOINTS_EVERY
            return Questions(endpoints=doubted or due)
        case CanaryFacts(ready=ready):
            wanted = ready == 0 or _restarts_due(run, now, all_ready=ready >= canary.replicas)
            return Questions(endpoints=doubted or ready == 0, pods=wanted and not run.reversed)
        case Missing() | Unknown():
            return Questions(endpoints=isinstance(canary, Missing))


def _restarts_due(run: Run, now: datetime, *, all_ready: bool) -> bool:
    if not any(metric.is_restarts for metric in run.plan.analysis.metrics):
        return False
    return not all_ready or run.pods_at is None or now - run.pods_at >= RESTARTS_EVERY


def _promoting(_: Run, awaited: bool, canary: Canary, __: datetime) -> Questions:
    match canary:
        case CanaryFacts(ready=ready) if ready > 0:
            return Questions(endpoints=awaited)
    return Questions(endpoints=True)


def _standing_in(run: Run, awaited: bool, canary: Canary, __: datetime) -> Questions:
    match canary:
        case CanaryFacts(ready=ready) if ready > 0 and run.unready_since is None:
            return Questions(endpoints=awaited)
    return Questions(endpoints=True)


def _leaving(run: Run, _: bool, canary: Canary, __: datetime) -> Questions:
    """Where we don't know the Deployment, its Service must tell whether stable can take the traffic."""
    return Questions(endpoints=canary is None and carries(run))


_IN_A_RUN: dict[State, Callable[[Run, bool, Canary, datetime], Questions]] = {
    State.PREPARING: _preparing,
    State.STAGED: _staged,
    State.PROMOTING: _promoting,
    State.STANDING_IN: _standing_in,
    State.LEAVING: _leaving,
}


def stable_awaited(status: Status, stable: Stable) -> bool:
    """The Deployment is rolled out with what was promoted, and gets the traffic as soon as its Service knows it."""
    match status.state, stable:
        case State.PROMOTING, DeploymentFacts(rolled_out=rolled_out):
            return rolled_out
        case State.STANDING_IN, DeploymentFacts(rolled_out=rolled_out, revision=revision):
            return rolled_out and revision == status.stable_revision
    return False
