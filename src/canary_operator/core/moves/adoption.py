"""Taking a workload in, and giving it back."""

from canary_operator.core.actions import (
    Abandon,
    Action,
    AddFinalizer,
    Adopt,
    Announce,
    Pause,
    Record,
    RemoveFinalizer,
    Unpause,
)
from canary_operator.core.findings import Finding
from canary_operator.core.moves.move import Move, in_state, shrink_warnings
from canary_operator.core.world import DeploymentFacts, World


def adopt(world: World, finding: Finding) -> Move:
    """Stable's revision is recorded before the mark: whatever comes after the mark is new."""
    found = {"stable_revision": world.revision, "stable_images": world.images}
    noted = world.status.model_copy(update=found)
    finalizer = () if world.finalizer else (AddFinalizer(),)
    mark = () if world.deployment is None else (Adopt(),)
    warnings = shrink_warnings(world)
    status = in_state(world, finding).model_copy(update=found)
    told = (Announce(finding.reason, finding.message), *warnings)
    return Move((*finalizer, Record(noted), *mark), status, told)


def orphan(world: World, finding: Finding) -> Move:
    status = in_state(world, finding, stable_revision=None, stable_images=None)
    return Move((), status, (Announce(finding.reason, finding.message, warning=True),))


def let_through(world: World, finding: Finding) -> Move:
    return Move((Unpause(world.revision or ""),), in_state(world, finding))


def pause(world: World, finding: Finding) -> Move:
    return Move((Pause(world.revision or ""),), in_state(world, finding))


def give_back(world: World, finding: Finding) -> Move:
    """What we made beside a Deployment goes even when that is gone already."""
    abandon: tuple[Action, ...] = ()
    if world.deployment is not None:
        runs = isinstance(world.deployment, DeploymentFacts) and not world.deployment.pending
        abandon = (Abandon(unpause=runs),)
    return Move((), in_state(world, finding), (), (*abandon, RemoveFinalizer()))
