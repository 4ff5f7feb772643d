"""Somebody else has changed what we wrote into the route."""

from canary_operator.api import reasons
from canary_operator.core.capacity import canary_replicas
from canary_operator.core.drift import MOST, reapplies, what_changed, what_to_do
from canary_operator.core.findings import Finding, not_there
from canary_operator.core.together import strange
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, Endpoints, Missing, Route, World


def drifted(world: World) -> Finding | None:
    """Somebody else changed the weight; it is never raised again by ourselves, unless the rollout says so."""
    if not isinstance(world.route, Route) or not (strays := strange(world.route, world.run)):
        return None
    stray = next((one for one in strays if one.share < world.run.weight), strays[0])
    changed = what_changed(world.run, stray, world.route)
    if world.run.reapply or reapplies(world.run):
        return _again(world, changed)
    pulled = stray.share <= world.run.weight
    return Finding(
        Event.HELD,
        reasons.TRAFFIC_PULLED if pulled else reasons.WEIGHT_DRIFTED,
        f"{changed}; {what_to_do(world.run, stray)}",
    )


def _again(world: World, changed: str) -> Finding:
    """The weight is wanted back; it waits, like every weight, for pods that can carry it."""
    if not isinstance(world.endpoints, Endpoints):
        return not_there(world.endpoints, missing=reasons.SERVICE_NOT_FOUND, reading=reasons.READING)
    needed = (
        1
        if world.deployment is None
        else canary_replicas(world.run.base_replicas, world.run.mirror or world.run.weight)
    )
    if _nobody_makes(world, needed):
        made_anew = "the canary's Deployment was removed or made smaller; it is made anew"
        return Finding(Event.CANARY_LOST, reasons.CANARY_LOST, made_anew)
    if world.endpoints.canary < needed:
        return Finding(
            Event.HELD,
            reasons.CANARY_NOT_READY,
            f"the weight is written once more when {needed} canary pods are ready; {world.endpoints.canary} are",
        )
    if world.run.reapply:
        return Finding(Event.WEIGHT_WANTED, reasons.STAGE_RUNNING, "the weight is written once more, as asked")
    text = f"{changed}; it is written again, as onDrift says ({world.run.reapplied + 1} of {MOST} times in this stage)"
    return Finding(Event.WEIGHT_WANTED, reasons.WEIGHT_REAPPLIED, text)


def _nobody_makes(world: World, needed: int) -> bool:
    """Pods that would be waited for in vain."""
    match world.canary:
        case Missing():
            return True
        case CanaryFacts(replicas=replicas):
            return replicas < needed
    return False
