"""The canary has everything, and the Deployment rolls to the revision that was analysed."""

from collections.abc import Callable

from canary_operator.api import reasons
from canary_operator.core.called import the_shipped
from canary_operator.core.checks import running
from canary_operator.core.checks.drifted import drifted
from canary_operator.core.checks.present import (
    deleted,
    route_to_make,
    route_unusable,
    spec_unreadable,
    workload_unusable,
)
from canary_operator.core.checks.too_late import breached, canary_lost_late, harmed_too_late, overtaken, past_return
from canary_operator.core.findings import Check, Finding, not_there
from canary_operator.core.together import released
from canary_operator.core.transitions import Event
from canary_operator.core.world import DeploymentFacts, Endpoints, Problem, Unknown, World


def _before(check: Check) -> Check:
    """News that still counts before the point of no return."""

    def before_return(world: World) -> Finding | None:
        return None if past_return(world) else check(world)

    return before_return


def stable_update_awaited(world: World) -> Finding | None:
    """Without a workload of ours nobody but a person knows when stable carries the new revision."""
    if world.deployment is not None:
        return None
    if world.run.promote:
        return _stable_said_to_be_updated(world)
    return Finding(
        Event.HELD,
        reasons.AWAITING_STABLE_UPDATE,
        f"{the_shipped(world)} passed every stage; bring it to the stable Service, then annotate promote=true",
    )


def _stable_said_to_be_updated(world: World) -> Finding:
    match world.endpoints:
        case Endpoints(stable=stable) if stable > 0:
            return Finding(Event.ROLLED_OUT, reasons.PROMOTED, "stable carries the new revision, as said by hand")
        case Endpoints():
            return Finding(
                Event.HELD,
                reasons.NO_STABLE_ENDPOINTS,
                "stable is said to carry the new revision, but its Service has no ready endpoint; "
                "traffic goes back when it has one",
            )
        case Problem() | Unknown() as unread:
            return not_there(unread, missing=reasons.SERVICE_NOT_FOUND, reading=reasons.READING)


def unpause_due(world: World) -> Finding | None:
    match world.deployment:
        case DeploymentFacts(paused=True):
            return Finding(
                Event.UNPAUSE_DUE, reasons.PROMOTING, "the Deployment rolls to the new revision: no way back from here"
            )
    return None


def release_unfinished(world: World) -> Finding | None:
    """The route says that the traffic was given back to stable, and the status never learned of it."""
    if released(world.route):
        return Finding(Event.ROLLED_OUT, reasons.PROMOTED, f"{the_shipped(world)} passed every stage")
    return None


def rolled_out(world: World) -> Finding | None:
    """Stable can carry everything again: all its pods run the revision, its Service knows them, and none is missing."""
    match world.deployment, world.endpoints:
        case DeploymentFacts(rolled_out=True, replicas=replicas), Endpoints(stable=stable) if stable >= replicas:
            if stable >= world.run.base_replicas or world.run.promote:
                return Finding(Event.ROLLED_OUT, reasons.PROMOTED, f"{the_shipped(world)} passed every stage")
            return Finding(
                Event.HELD,
                reasons.STABLE_MAY_SHRINK,
                f"stable has {stable} pods, and had {world.run.base_replicas} when it carried the traffic; "
                "scale it up again, or annotate promote=true to give it all the traffic as it is",
            )
    return None


def stalled(world: World) -> Finding | None:
    if world.run.prepare_by is None or world.now < world.run.prepare_by:
        return None
    return Finding(
        Event.HELD,
        reasons.PROMOTION_STALLED,
        "the Deployment is not available in time; traffic stays on the canary until it is",
    )


def still_rolling(_: World) -> Finding:
    return Finding(Event.WAITED, reasons.PROMOTING, "the Deployment rolls to the new revision, off traffic")


PROMOTING: tuple[Check | Callable[[World], Finding], ...] = (
    deleted,
    spec_unreadable,
    _before(running.aborted),
    _before(running.harmed),
    _before(running.superseded),
    _before(running.rollback_unfinished),
    route_to_make,
    workload_unusable,
    _before(running.leads_nowhere),
    route_unusable,
    release_unfinished,
    stable_update_awaited,
    _before(running.withdrawal_unfinished),
    _before(drifted),
    canary_lost_late,
    overtaken,
    unpause_due,
    harmed_too_late,
    breached,
    rolled_out,
    stalled,
    still_rolling,
)
