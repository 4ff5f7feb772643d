"""Taking a workload in, and giving it back."""

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
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
from canary_operator.core.world import DeploymentFacts, Missing, World


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
    return Move((), in_state(world, finding), _kept_routes(world), (*abandon, RemoveFinalizer()))


def _kept_routes(world: World) -> tuple[Announce, ...]:
    """Whoever delegates to a route that is not there any more gets no answer."""
    if not isinstance(world.spec, Spec) or isinstance(world.route, Missing):
        return ()
    kept = [one.name for one in world.spec.traffic.virtual_services if one.managed_route]
    return tuple(
        Announce(
            reasons.ROUTE_KEPT,
            f"VirtualService {name}, which the operator made, stays with all traffic on stable, because requests that "
            "are delegated to it would get no answer without it; delete it when no VirtualService delegates to it",
        )
        for name in kept
    )
