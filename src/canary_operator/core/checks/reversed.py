"""What only a reversed run meets: its canary is the user's own Deployment, and its baseline the canary's pods."""

from canary_operator.api import reasons
from canary_operator.core.called import the_shipped, the_stable
from canary_operator.core.checks.present import pauses_only_in_runs
from canary_operator.core.chosen import carries
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.core.world import DeploymentFacts, Missing, World


def deployment_gone(world: World) -> Finding | None:
    """The new revision has no pods any more, and nobody will bring them back soon."""
    if world.run.reversed and isinstance(world.deployment, Missing) and carries(world.run):
        return Finding(Event.CANARY_LOST, reasons.CANARY_LOST, "the Deployment is gone; its traffic is on the canary")
    return None


def unguarded(world: World) -> Finding | None:
    """With `adoption: Pause` nothing else keeps the next commit from rolling under traffic."""
    match world.deployment:
        case DeploymentFacts(adopted=True, paused=False, rolled_out=True) if (
            world.run.reversed and not pauses_only_in_runs(world)
        ):
            return Finding(Event.PAUSE_WANTED, reasons.PREPARING, "adoption: Pause keeps the Deployment paused")
    return None


def deployment_too_small(world: World, needed: int) -> Finding | None:
    """Its size is its owner's."""
    match world.deployment:
        case DeploymentFacts(replicas=replicas) if world.run.reversed and replicas < needed:
            return Finding(
                Event.HELD,
                reasons.STABLE_MAY_SHRINK,
                f"the Deployment asks for {replicas} pods, and stage {world.run.stage} needs {needed}; "
                "scale it up, or annotate abort=true",
            )
    return None


def stand_in_lost(world: World) -> Finding | None:
    """Whether the new revision may have everything is not known yet."""
    if not world.run.reversed or world.run.weight == 1 or world.stable_pods != 0:
        return None
    return Finding(
        Event.HELD,
        reasons.STAND_IN_LOST,
        f"no pod of the canary is ready, and only it carries the stable revision {the_stable(world)}; "
        f"bring its pods back, or annotate promote=true to give {the_shipped(world)} more traffic without a comparison",
    )
