"""A rollout whose workload is not ours yet."""

from canary_operator.api import reasons
from canary_operator.core.called import the_newest
from canary_operator.core.checks.present import (
    canary_has_traffic,
    deleted,
    leftover_found,
    route_hindered,
    route_to_make,
    route_unusable,
    services_unusable,
    spec_unreadable,
    workload_unusable,
)
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.core.world import DeploymentFacts, World


def adoption_unfinished(world: World) -> Finding | None:
    """The mark was set after its stable revision was recorded, and then we were interrupted."""
    match world.deployment:
        case DeploymentFacts(adopted=True) if world.status.stable_revision is not None:
            return Finding(Event.ADOPTED, reasons.ADOPTED, "the Deployment carries our mark")
    return None


def never_rolled_out(world: World) -> Finding | None:
    match world.deployment:
        case DeploymentFacts(replicas=0) | DeploymentFacts(rolled_out=False, available=0):
            return Finding(
                Event.WAITED,
                reasons.WAITING_FOR_FIRST_ROLLOUT,
                "the Deployment has no available pod yet; it is adopted when it is rolled out",
            )
    return None


def stopped_half_way(world: World) -> Finding | None:
    """A rollout that somebody began during a run of ours, and that a pause of ours caught in the middle."""
    match world.deployment:
        case DeploymentFacts(adopted=True, paused=True, rolling=True):
            return Finding(Event.RESTARTED, reasons.BYPASSED, "the rollout that had begun is let through")
    return None


def never_rolled_template(world: World) -> Finding | None:
    """Nobody remembers what is stable, and the template waits in a pause of ours."""
    match world.deployment:
        case DeploymentFacts(adopted=True, paused=True, pending=True):
            return Finding(
                Event.HELD,
                reasons.WAITING_FOR_ROLLOUT,
                "the Deployment is paused with a template that was never rolled out, and what ran before is not known; "
                "set the template back, or unpause it to roll it out unwatched",
            )
    return None


def rollout_in_progress(world: World) -> Finding | None:
    match world.deployment:
        case DeploymentFacts(rolled_out=False):
            return Finding(
                Event.WAITED,
                reasons.WAITING_FOR_ROLLOUT,
                "the Deployment is rolling out by itself; it is adopted when that is done",
            )
    return None


def adoptable(world: World) -> Finding:
    return Finding(Event.ADOPTABLE, reasons.ADOPTED, f"{the_newest(world)} is stable; the next revision starts a run")


OUTSIDE = (
    deleted,
    spec_unreadable,
    leftover_found,
    route_to_make,
    route_unusable,
    route_hindered,
    workload_unusable,
    services_unusable,
    adoption_unfinished,
    canary_has_traffic,
    never_rolled_out,
    stopped_half_way,
    never_rolled_template,
    rollout_in_progress,
    adoptable,
)
