"""A rollout that is ours and has nothing to ship, until it has."""

from canary_operator.api import reasons
from canary_operator.api.status import Outcome
from canary_operator.core.called import the_newest, the_stable
from canary_operator.core.checks.present import (
    deleted,
    leftover_found,
    pauses_only_in_runs,
    route_to_make,
    spec_unreadable,
    workload_unusable,
)
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.core.world import DeploymentFacts, World

_LEFT_PAUSED = {Outcome.ROLLED_BACK, Outcome.ABORTED, Outcome.SUPERSEDED}
"""After these the Deployment is still paused by its run."""


def mark_removed(world: World) -> Finding | None:
    match world.deployment:
        case DeploymentFacts(adopted=False):
            return Finding(
                Event.ORPHANED, reasons.WAITING_FOR_ROLLOUT, "our mark is gone from the Deployment; it is adopted anew"
            )
    return None


def rolled_by_itself(world: World) -> Finding | None:
    """The admission policy is missing, or somebody let the new template through."""
    match world.deployment:
        case DeploymentFacts(paused=False) as facts if facts.revision != world.status.stable_revision:
            return Finding(
                Event.ORPHANED,
                reasons.BYPASSED,
                "a new template was not paused and rolls out by itself: is the admission policy of deploy/ installed? "
                "The Deployment is adopted anew afterwards",
            )
    return None


def restarted(world: World) -> Finding | None:
    """The same revision, waiting to be rolled: a restart, or a return to what is stable."""
    match world.deployment:
        case DeploymentFacts(paused=True, revision=revision) as facts if revision == world.status.stable_revision:
            if facts.pending or (pauses_only_in_runs(world) and world.status.last_outcome in _LEFT_PAUSED):
                return Finding(Event.RESTARTED, reasons.AT_REST, "the stable revision is let through")
    return None


def pause_missing(world: World) -> Finding | None:
    match world.deployment:
        case DeploymentFacts(paused=False, rolled_out=True) if not pauses_only_in_runs(world):
            return Finding(Event.PAUSE_WANTED, reasons.AT_REST, "adoption: Pause keeps the Deployment paused")
    return None


def nothing_new(world: World) -> Finding | None:
    status = world.status
    if world.revision == status.stable_revision or world.revision is None:
        return Finding(Event.WAITED, reasons.AT_REST, f"{the_stable(world)} is stable and has all the traffic")
    return None


def failed_before(world: World) -> Finding | None:
    status = world.status
    if world.revision == status.last_revision and _last_run_failed(world) and not status.retry:
        past = status.history[0] if status.history else None
        return Finding(
            Event.WAITED,
            reasons.ABORTED if status.last_outcome is Outcome.ABORTED else reasons.ROLLED_BACK,
            f"{the_newest(world)} is not tried again by itself: ship another revision, or annotate retry=true. "
            f"{past.message if past else ''}".strip(),
        )
    return None


def revision_found(world: World) -> Finding:
    return Finding(Event.REVISION_FOUND, reasons.RUN_STARTED, f"{the_newest(world)} follows {the_stable(world)}")


def _last_run_failed(world: World) -> bool:
    return world.status.last_outcome in {Outcome.ROLLED_BACK, Outcome.ABORTED}


RESTING = (
    deleted,
    spec_unreadable,
    leftover_found,
    route_to_make,
    workload_unusable,
    mark_removed,
    rolled_by_itself,
    restarted,
    pause_missing,
    nothing_new,
    failed_before,
    revision_found,
)
