"""The outcome is decided: weight, drain, route, pods, in this order."""

from canary_operator.api import reasons
from canary_operator.api.quantities import format_percentage
from canary_operator.api.status import Outcome
from canary_operator.core.arms import is_past, is_reversed
from canary_operator.core.called import the_stable
from canary_operator.core.checks.present import deleted, route_to_make, spec_unreadable
from canary_operator.core.findings import Finding, not_there
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, Problem, Route, Unknown, World

_NO_OBSTACLE = {
    reasons.ROUTE_NOT_FOUND,
    reasons.ROUTE_NAME_TAKEN,
    reasons.DESTINATION_NOT_FOUND,
    reasons.DESTINATION_RULE_NOT_FOUND,
    reasons.SUBSET_UNSUPPORTED,
    reasons.SUBSET_LOST,
    reasons.ROUTE_NOT_ACCEPTED,
}
_FAILED = {Outcome.ROLLED_BACK: reasons.ROLLED_BACK, Outcome.ABORTED: reasons.ABORTED}


def route_unreadable(world: World) -> Finding | None:
    """A route or rule that is gone has nothing to give back; one that can't be read may still have.

    Of several the traffic of all others comes first. What nobody accepts is to be taken away all the more.
    """
    found = world.route.faults if isinstance(world.route, Route) and not world.route.feeds else (world.route,)
    for part in found:
        if isinstance(part, Unknown) or (isinstance(part, Problem) and part.reason not in _NO_OBSTACLE):
            return not_there(part, missing=reasons.ROUTE_NOT_FOUND, reading=reasons.READING)
    return None


def traffic_left(world: World) -> Finding | None:
    if isinstance(world.route, Route) and world.route.feeds:
        most = max(world.route.each, key=lambda one: one.share)
        by = f" of {most.name}" if world.route.parts else ""
        part = f"{format_percentage(most.share)} of the traffic{by}" if most.share > 0 else "a part"
        return Finding(Event.TRAFFIC_LEFT, *_told(world, f"{part} still goes to the canary"))
    return None


def taken_back(world: World) -> Finding | None:
    """After a reversed run nothing is tidied up: the canary has everything again."""
    if not is_reversed(world.status):
        return None
    return Finding(Event.TAKEN_BACK, *_told(world, "all traffic is on the canary, which carries the stable revision"))


def draining(world: World) -> Finding | None:
    run = world.status.run
    if run is None or run.drain_until is None or world.now >= run.drain_until:
        return None
    return Finding(Event.WAITED, *_told(world, "the canary finishes its last requests"))


def leftovers(world: World) -> Finding | None:
    if isinstance(world.canary, Unknown):
        return not_there(world.canary, missing=reasons.TIDYING_UP, reading=reasons.READING)
    route_ours = isinstance(world.route, Route) and world.route.record is not None
    if route_ours or isinstance(world.canary, CanaryFacts):
        return Finding(Event.DRAINED, *_told(world, "the route is restored and the canary removed"))
    return None


def _told(world: World, step: str) -> tuple[str, str]:
    """A run that failed says so from the first moment; the tidying is only what happens next."""
    run = world.status.run
    if run is None or is_past(world.status) or run.outcome not in {Outcome.ROLLED_BACK, Outcome.ABORTED}:
        return reasons.TIDYING_UP, step
    return _FAILED[run.outcome], f"{run.message} ({step})"


def tidied(world: World) -> Finding:
    run = world.run
    if is_past(world.status):
        return Finding(Event.TIDIED, reasons.AT_REST, f"{the_stable(world)} is stable")
    event = Event.TIDIED_AFTER_BYPASS if run.outcome is Outcome.BYPASSED else Event.TIDIED
    return Finding(event, run.reason or reasons.AT_REST, run.message or "")


CLEANING = (
    deleted,
    spec_unreadable,
    route_to_make,
    route_unreadable,
    traffic_left,
    taken_back,
    draining,
    leftovers,
    tidied,
)
