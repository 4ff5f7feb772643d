"""The rollout is being deleted: give everything back; what is gone already never stands in the way."""

from canary_operator.api import reasons
from canary_operator.core.arms import is_past
from canary_operator.core.called import the_stable
from canary_operator.core.checks.cleaning import draining, leftovers, traffic_left
from canary_operator.core.findings import Finding, not_there
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Endpoints, Problem, Route, Unknown, World


def already_free(world: World) -> Finding | None:
    if world.finalizer:
        return None
    return Finding(Event.WAITED, reasons.DELETING, "nothing of ours is left")


def not_read_yet(world: World) -> Finding | None:
    for part in (world.route, world.deployment):
        if isinstance(part, Unknown):
            return not_there(part, missing=reasons.DELETING, reading=reasons.READING)
    return None


def stable_not_back(world: World) -> Finding | None:
    """Deleted in mid-promotion: stable must have pods before it gets the traffic."""
    match world.deployment, world.canary:
        case DeploymentFacts(available=0, replicas=replicas), CanaryFacts(ready=ready):
            gone = replicas > 0 and ready > 0
        case None, _:
            gone = isinstance(world.endpoints, Endpoints) and world.endpoints.stable == 0 < world.endpoints.canary
        case _:
            gone = False
    if not gone:
        return None
    return Finding(
        Event.WAITED,
        reasons.NO_STABLE_ENDPOINTS,
        "stable has no available pod; traffic stays on the canary until it has one",
    )


def spec_lost(world: World) -> Finding | None:
    """Nobody can say any more what was ours; the finalizer must not keep the object for ever."""
    if isinstance(world.spec, Problem):
        return Finding(Event.GIVEN_BACK, reasons.INVALID_SPEC, world.spec.message)
    return None


def our_traffic_left(world: World) -> Finding | None:
    """A weight that we never wrote is the user's own."""
    ours = isinstance(world.route, Route) and world.route.record is not None
    found = traffic_left(world) if ours or world.status.run is not None else None
    return found and (_unjudged(world) or found)


def _unjudged(world: World) -> Finding | None:
    """Only the canary carries the stable revision, and it has to go: people must know what they get instead."""
    run, status = world.status.run, world.status
    match world.deployment:
        case DeploymentFacts(rolled_out=True, revision=status.stable_revision):
            return None
        case DeploymentFacts(revision=revision) if run is not None and (run.reversed or is_past(status)):
            return Finding(
                Event.TRAFFIC_LEFT,
                reasons.NOT_ANALYSED,
                f"the rollout is deleted while only the canary carries the stable revision {the_stable(world)}: "
                f"all traffic goes to the Deployment's pods, which were not analysed (its template is {revision})",
            )
    return None


def given_back(_: World) -> Finding:
    return Finding(Event.GIVEN_BACK, reasons.DELETING, "everything is given back")


LEAVING = (
    already_free,
    spec_lost,
    not_read_yet,
    stable_not_back,
    our_traffic_left,
    draining,
    leftovers,
    given_back,
)
