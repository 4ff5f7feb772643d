"""The canary stands in for stable: its pods carry the stable revision and all the traffic.

Behind the stable Service the Deployment may roll as it likes, because nobody is sent there.
"""

from collections.abc import Callable

from canary_operator.api import reasons
from canary_operator.core.arms import due_share
from canary_operator.core.called import the_newest, the_stable, the_weight
from canary_operator.core.checks import resting
from canary_operator.core.checks.present import (
    deleted,
    pauses_only_in_runs,
    route_to_make,
    route_unusable,
    spec_unreadable,
    workload_unusable,
)
from canary_operator.core.checks.promoting import stalled
from canary_operator.core.checks.running import LOST_AFTER
from canary_operator.core.findings import Check, Finding
from canary_operator.core.together import released
from canary_operator.core.transitions import Event
from canary_operator.core.world import DeploymentFacts, Endpoints, Route, World


def release_unfinished(world: World) -> Finding | None:
    """The route says that the traffic was given to stable, and the status never learned of it."""
    if released(world.route):
        return _returned(world)
    return None


def returned(world: World) -> Finding | None:
    """Stable carries the stable revision again, and can take all the traffic; a part of it is better than nobody."""
    if _left_paused(world):
        return None
    match world.deployment, world.endpoints:
        case (
            DeploymentFacts(rolled_out=True, revision=world.status.stable_revision, replicas=replicas),
            Endpoints(stable=stable),
        ) if stable >= replicas:
            if stable >= world.run.base_replicas or world.run.promote or (_lost(world) and stable > 0):
                return _returned(world)
            return Finding(
                Event.HELD,
                reasons.STABLE_MAY_SHRINK,
                f"stable has {stable} pods, and {world.run.base_replicas} carry the traffic now; "
                "scale it up, or annotate promote=true to give it all the traffic as it is",
            )
    return None


def pulled(world: World) -> Finding | None:
    """Somebody sends traffic to pods that may be of any revision: the Deployment must not roll under it."""
    if not isinstance(world.route, Route) or not (strays := world.route.strays(due_share(world.status))):
        return None
    if world.run.reapply and isinstance(world.endpoints, Endpoints) and world.endpoints.canary > 0:
        return Finding(Event.WEIGHT_WANTED, reasons.STANDING_IN, "the weight is written once more, as asked")
    return Finding(
        Event.HELD,
        reasons.TRAFFIC_PULLED,
        f"somebody set the canary's weight to {the_weight(strays[0], world.route)}, but only the canary carries "
        f"the stable revision {the_stable(world)}; annotate resume=true to give it all the traffic again",
    )


def stand_in_lost(world: World) -> Finding | None:
    if not _lost(world):
        return None
    return Finding(
        Event.HELD,
        reasons.STAND_IN_LOST,
        f"no pod of the canary is ready, and only it carries the stable revision {the_stable(world)}; "
        "bring its pods back, or set the route's weights by hand if what the Deployment runs is better than nothing",
    )


def revision_ready(world: World) -> Finding | None:
    match world.deployment:
        case DeploymentFacts(rolled_out=True) if world.revision != world.status.stable_revision:
            message = (
                f"{the_newest(world)} follows {the_stable(world)}; its pods are the Deployment's, "
                "and the canary's pods stay as stable"
            )
            return Finding(Event.REVISION_FOUND, reasons.RUN_STARTED, message)
    return None


def paused(world: World) -> Finding | None:
    match world.deployment:
        case DeploymentFacts(paused=True, rolled_out=rolled_out) if not rolled_out or _left_paused(world):
            return Finding(Event.UNPAUSE_DUE, reasons.STANDING_IN, f"the Deployment rolls to {the_newest(world)}")
    return None


def still_rolling(world: World) -> Finding:
    return Finding(
        Event.WAITED,
        reasons.STANDING_IN,
        f"the canary carries {the_stable(world)} and all the traffic; "
        f"the Deployment rolls to {the_newest(world)}, off traffic",
    )


def _left_paused(world: World) -> bool:
    """A commit that was taken back before it rolled leaves a pause, which nobody would end at rest."""
    match world.deployment, world.route:
        case DeploymentFacts(paused=True), Route() as route:
            return route.is_at(due_share(world.status)) and pauses_only_in_runs(world) and not _lost(world)
    return False


def _returned(world: World) -> Finding:
    return Finding(Event.RETURNED, reasons.RETURNING, f"stable carries {the_stable(world)} again")


def _lost(world: World) -> bool:
    since = world.run.unready_since
    return since is not None and world.now - since >= LOST_AFTER


STANDING_IN: tuple[Check | Callable[[World], Finding], ...] = (
    deleted,
    spec_unreadable,
    route_to_make,
    workload_unusable,
    route_unusable,
    release_unfinished,
    returned,
    pulled,
    stand_in_lost,
    resting.failed_before,
    paused,
    revision_ready,
    stalled,
    still_rolling,
)
