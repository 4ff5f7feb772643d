"""What a move is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Run, Status
from canary_operator.core.actions import Action, Announce
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import next_state
from canary_operator.core.world import DeploymentFacts, World

NOTHING = Fraction(0)
_PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Move:
    """Actions in order; then the status is recorded, then people are told."""

    actions: tuple[Action, ...]
    status: Status
    told: tuple[Announce, ...] = ()
    after: tuple[Action, ...] = ()
    """Done only when the status stands."""


Mover = Callable[[World, Finding], Move]


def in_state(world: World, finding: Finding, run: Run | None = None, **update: object) -> Status:
    """The status after this finding, with the run and whatever else the move changes."""
    changes: dict[str, object] = {"state": next_state(world.status.state, finding.event), **update}
    if run is not None:
        changes["run"] = run
    return world.status.model_copy(update=changes)


def stay(world: World, finding: Finding) -> Move:
    return Move((), in_state(world, finding))


def readable_spec(world: World) -> Spec:
    """The spec; every chain answers before a move when it can't be read."""
    if not isinstance(world.spec, Spec):
        raise TypeError("a move needs a spec that can be read")
    return world.spec


def available(world: World) -> int:
    """Pods that carry the traffic which is not the canary's."""
    return world.stable_pods or 0


def deadline(world: World) -> datetime:
    """Until when pods must be ready: as the rollout says, else as its Deployment says."""
    workload = readable_spec(world).workload
    if workload is not None and workload.progress_deadline is not None:
        return world.now + workload.progress_deadline
    if isinstance(world.deployment, DeploymentFacts):
        return world.now + world.deployment.progress_deadline
    return world.now + _PATIENCE


def shrink_warnings(world: World) -> tuple[Announce, ...]:
    """The one thing that preflight lets pass and names."""
    if not isinstance(world.deployment, DeploymentFacts) or not world.deployment.autoscaled:
        return ()
    message = (
        "a HorizontalPodAutoscaler targets the Deployment and may shrink stable while its traffic goes to the canary; "
        "set its behavior.scaleDown.selectPolicy to Disabled while runs are in progress, or minReplicas to full size"
    )
    return (Announce(reasons.STABLE_MAY_SHRINK, message, warning=True),)
