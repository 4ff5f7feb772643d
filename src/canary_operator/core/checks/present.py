"""Whether the parts that every state needs can be used at all."""

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.core.called import the_weight
from canary_operator.core.findings import Finding, not_there
from canary_operator.core.transitions import Event
from canary_operator.core.world import DeploymentFacts, Missing, Problem, Route, World


def deleted(world: World) -> Finding | None:
    if not world.deleting:
        return None
    if not world.finalizer:
        return Finding(Event.WAITED, reasons.DELETING, "nothing of ours is left")
    return Finding(Event.DELETED, reasons.DELETING, "the rollout is being deleted; everything is given back first")


def spec_unreadable(world: World) -> Finding | None:
    if isinstance(world.spec, Problem):
        return Finding(Event.HELD, world.spec.reason, world.spec.message)
    return None


def workload_unusable(world: World) -> Finding | None:
    if world.deployment is None or isinstance(world.deployment, DeploymentFacts):
        return None
    return not_there(world.deployment, missing=reasons.WORKLOAD_NOT_FOUND, reading=reasons.READING)


def route_unusable(world: World) -> Finding | None:
    """Of several routes each must be there."""
    fault = next(iter(world.route.faults), None) if isinstance(world.route, Route) else world.route
    if fault is None:
        return None
    return not_there(fault, missing=reasons.ROUTE_NOT_FOUND, reading=reasons.READING)


def route_to_make(world: World) -> Finding | None:
    """It is ours to make, and users who are sent to it get no answer while it is not there."""
    match world.route:
        case Missing(what=what, ours=True):
            unmade: tuple[str, ...] = (what,)
        case Route(unmade=unmade) if unmade:
            pass
        case _:
            return None
    verb = "does not exist and is" if len(unmade) == 1 else "do not exist and are"
    return Finding(Event.ROUTE_WANTED, reasons.ROUTE_MADE, f"{' and '.join(unmade)} {verb} made")


def route_hindered(world: World) -> Finding | None:
    """It can be written, and users would not be split by it, or not all of them."""
    match world.route:
        case Route(each=parts):
            found = next((one.hindrance for one in parts if one.hindrance is not None), None)
            return Finding(Event.HELD, found.reason, found.message) if found is not None else None
    return None


def services_unusable(world: World) -> Finding | None:
    if isinstance(world.endpoints, Problem):
        return Finding(Event.HELD, world.endpoints.reason, world.endpoints.message)
    return None


def pauses_only_in_runs(world: World) -> bool:
    """`adoption: Policy`: the API server pauses a Deployment together with its new template."""
    match world.spec:
        case Spec(workload=workload) if workload is not None:
            return workload.adoption == "Policy"
    return True


def leftover_found(world: World) -> Finding | None:
    """Our record stands on a route that no run knows of: the status was lost."""
    if isinstance(world.route, Route) and world.route.record is not None:
        if world.route.feeds and world.stable_pods == 0:
            return Finding(
                Event.HELD,
                reasons.NO_STABLE_ENDPOINTS,
                f"the route still carries our record of run {world.route.record.run}, which the status does not know; "
                "its traffic goes back to stable when that has an available pod",
            )
        return Finding(
            Event.LEFTOVER_FOUND,
            reasons.CORRUPT_STATUS,
            f"the route still carries our record of run {world.route.record.run}, which the status does not know; "
            "all traffic goes back to stable",
        )
    return None


def canary_has_traffic(world: World) -> Finding | None:
    """Before a run the canary Service may have no share: we would not know whose it is."""
    if isinstance(world.route, Route) and (fed := [one for one in world.route.each if one.share > 0]):
        return Finding(
            Event.HELD,
            reasons.WEIGHT_DRIFTED,
            f"the route already gives {the_weight(fed[0], world.route)} to the canary Service; "
            "set that weight to 0, or remove the destination",
        )
    if isinstance(world.route, Route) and world.route.matched:
        return Finding(
            Event.HELD,
            reasons.WEIGHT_DRIFTED,
            f"the route already sends to the canary Service by {', '.join(world.route.matched)}; remove that",
        )
    return None
