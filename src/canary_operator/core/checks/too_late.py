"""News that comes when the Deployment was let go: stable's old pods are leaving, and there is no way back."""

from canary_operator.api import reasons
from canary_operator.core.called import the_newest, the_shipped
from canary_operator.core.checks.running import LOST_AFTER
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.core.world import DeploymentFacts, Endpoints, World


def past_return(world: World) -> bool:
    """The Deployment was let go: stable's old pods are leaving."""
    match world.deployment:
        case DeploymentFacts(paused=paused):
            return world.run.unpaused or not paused
    return False


def canary_lost_late(world: World) -> Finding | None:
    """The canary has everything and no pod any more; whatever stable runs by now is known to be good."""
    since = world.run.unready_since
    match world.endpoints:
        case Endpoints(canary=0, stable=stable) if (
            stable > 0
            and past_return(world)
            and _known_good(world)
            and since is not None
            and world.now - since >= LOST_AFTER
        ):
            return Finding(
                Event.ROLLED_OUT,
                reasons.PROMOTED,
                f"{the_shipped(world)} passed every stage; the canary lost its pods during the promotion, so traffic "
                "went back while the Deployment was still rolling",
            )
    return None


def overtaken(world: World) -> Finding | None:
    """The canary keeps everything; the newer revision rolls out off traffic, and is judged beside it."""
    if world.revision == world.run.revision:
        return None
    message = (
        f"{the_shipped(world)} passed every stage and keeps all the traffic, on the canary's pods: "
        f"{the_newest(world)} came while the Deployment was rolling, and is shipped next"
    )
    if breach := harmed_too_late(world) or breached(world):
        message += f" ({breach.message})"
    return Finding(Event.OVERTAKEN, reasons.STANDING_IN, message)


def harmed_too_late(world: World) -> Finding | None:
    if world.judgement is None or not world.judgement.harm:
        return None
    return Finding(
        Event.HELD,
        reasons.PROMOTION_BREACH,
        f"harm was seen after the Deployment had begun to roll; ship a mended revision: {world.judgement.sentence}",
    )


def breached(world: World) -> Finding | None:
    """A breach, or an abort that came too late, holds until a person says resume or another revision comes."""
    hold = world.run.hold
    if hold is None or hold.reason != reasons.PROMOTION_BREACH:
        return None
    return Finding(Event.HELD, hold.reason, hold.message)


def _known_good(world: World) -> bool:
    """Its pods are of the promoted revision or of the one before: a newer template has none yet."""
    match world.deployment:
        case DeploymentFacts(revision=revision, pending=pending):
            return pending or revision == world.run.revision
    return False
