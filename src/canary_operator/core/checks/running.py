"""News that can come at any moment of a run before the point of no return."""

from datetime import timedelta

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose
from canary_operator.core.called import the_newest
from canary_operator.core.chosen import carries
from canary_operator.core.findings import Finding
from canary_operator.core.together import half_given, half_withdrawn
from canary_operator.core.transitions import ENDINGS, Event
from canary_operator.core.verbs import abort_wanted
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Endpoints, Missing, Problem, Route, Unknown, World

LOST_AFTER = timedelta(seconds=2)
_NOWHERE = {reasons.SUBSET_LOST, reasons.ROUTE_NOT_ACCEPTED}


def rollback_unfinished(world: World) -> Finding | None:
    """The route says that a rollback was begun, and the status never learned of it.

    Whatever else still shows why it was begun says so before; so it waits until that can be told.
    """
    if isinstance(world.deployment, Unknown):
        return None
    match world.route:
        case Route(record=record) if record is not None and (record.purpose, record.run) == (
            Purpose.ROLL_BACK,
            world.run.id,
        ):
            return Finding(Event.HARMED, reasons.HARM, "a rollback that had begun before a restart was finished")
    return None


def aborted(world: World) -> Finding | None:
    if abort_wanted(world):
        return Finding(Event.ABORTED, reasons.ABORTED, "ended by hand with the annotation abort")
    return None


def harmed(world: World) -> Finding | None:
    """A breach that could not be answered at once, because stable had no pod, is answered as soon as it has one."""
    if world.judgement is not None and world.judgement.harm:
        return Finding(Event.HARMED, reasons.HARM, world.judgement.sentence)
    return Finding(Event.HARMED, reasons.HARM, world.run.breach) if world.run.breach else None


def superseded(world: World) -> Finding | None:
    if world.revision is not None and world.revision != world.run.revision:
        return Finding(Event.SUPERSEDED, reasons.SUPERSEDED, f"{the_newest(world)} came and is shipped instead")
    return None


def escaped(world: World) -> Finding | None:
    """Somebody unpaused the Deployment in mid-run: stop it while it has made no pod, else let it finish.

    In a reversed run it has rolled already, off traffic.
    """
    if world.run.reversed:
        return None
    match world.deployment:
        case DeploymentFacts(adopted=True, paused=False, rolling=False, rolled_out=False):
            return Finding(Event.PAUSE_WANTED, reasons.PREPARING, "the Deployment was unpaused and is paused again")
        case DeploymentFacts(rolling=True) | DeploymentFacts(paused=False):
            return Finding(
                Event.BYPASSED, reasons.BYPASSED, "somebody let the Deployment roll to the new revision by itself"
            )
    return None


def withdrawal_unfinished(world: World) -> Finding | None:
    """Some of several routes say that their traffic was taken away, for want of pods or of one of the routes."""
    if not half_withdrawn(world.route, world.run):
        return None
    return Finding(
        Event.CANARY_LOST, reasons.CANARY_LOST, "traffic that was being given back to stable is given back everywhere"
    )


def route_lost(world: World) -> Finding | None:
    """One of several routes does not exist any more: nobody is split there, so nobody is anywhere."""
    match world.route:
        case Route(faults=faults) if carries(world.run) or half_given(world.route, world.run):
            gone = [fault.what for fault in faults if isinstance(fault, Missing)]
            if not gone:
                return None
            message = f"{' and '.join(gone)} {'does' if len(gone) == 1 else 'do'} not exist any more"
            return Finding(Event.CANARY_LOST, reasons.ROUTE_NOT_FOUND, message)
    return None


def leads_nowhere(world: World) -> Finding | None:
    """What we wrote is not obeyed, or meets nobody: back to stable, and no more of it before a person has seen to that.

    In a reversed run the canary has the stable revision, and there is nowhere to go.
    """
    faults = world.route.faults if isinstance(world.route, Route) else ()
    lost = next((one for one in faults if isinstance(one, Problem) and one.reason in _NOWHERE), None)
    if lost is None or world.run.reversed:
        return None
    return Finding(Event.CANARY_LOST, lost.reason, lost.message)


def canary_lost(world: World) -> Finding | None:
    """No pod answers for the canary although it has traffic: not a verdict, but its users must not wait for one."""
    since, has_traffic = world.run.unready_since, isinstance(world.route, Route) and world.route.feeds
    ours = carries(world.run) or half_given(world.route, world.run)
    if ours and has_traffic and since is not None and world.now - since >= LOST_AFTER:
        return Finding(
            Event.CANARY_LOST, reasons.CANARY_LOST, "no canary pod is ready; its traffic is on stable until one is"
        )
    return None


def too_long(world: World) -> Finding | None:
    span = world.run.plan.max_duration
    if world.now - world.run.started_at <= span:
        return None
    return Finding(
        Event.HELD,
        reasons.MAX_DURATION_EXCEEDED,
        "the run takes longer than maxDuration; annotate promote=true to go on to the next stage, or abort=true",
    )


def paused(world: World) -> Finding | None:
    if not world.run.paused:
        return None
    why = world.run.paused_for
    return Finding(Event.HELD, reasons.PAUSED, "paused by hand; annotate resume=true to go on" if why is None else why)


def nowhere_to_go(world: World, finding: Finding) -> Finding:
    """The one exception to taking traffic back at once: stable is known to have no pod, and the canary has some.

    Testers of a dark launch are taken from the canary all the same: everybody else is on stable already.
    """
    run = world.status.run
    if finding.event not in ENDINGS or run is None or run.weight == 0:
        return finding
    if run.reversed and (finding.event is Event.ROLLED_OUT or _no_route(world)):
        return _without_a_route(finding)
    if not _stable_is_gone(world):
        return finding
    return Finding(
        Event.HELD,
        reasons.NO_STABLE_ENDPOINTS,
        f"stable has no pod that could take the traffic back: {finding.message}",
    )


def _no_route(world: World) -> bool:
    """One that is ours to make is made by the very order that takes the traffic back."""
    return isinstance(world.route, Missing) and not world.route.ours


def _without_a_route(finding: Finding) -> Finding:
    """The stable Service gets everything then: that ends a reversed run well, and can't be its rollback."""
    if finding.event is Event.ROLLED_OUT:
        return finding
    return Finding(Event.HELD, reasons.ROUTE_NOT_FOUND, f"no route can send to the canary any more: {finding.message}")


def _stable_is_gone(world: World) -> bool:
    if world.deployment is None:
        return isinstance(world.endpoints, Endpoints) and world.endpoints.stable == 0 < world.endpoints.canary
    return world.stable_pods == 0 and isinstance(world.canary, CanaryFacts) and world.canary.ready > 0
