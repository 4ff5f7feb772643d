"""One step of a run for one object: what it says now, and what an order makes of it, or why it is refused."""

from dataclasses import replace

from canary_operator.core.actions import SetWeight
from canary_operator.core.together import together
from canary_operator.core.world import Look, Problem, Route
from canary_operator.errors import Gone, InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.kind import RouteKind
from canary_operator.providers.traffic.partly import Partly
from canary_operator.providers.traffic.writing import refuse_to_overwrite


def told(kind: RouteKind, target: Target, live: Object) -> Look:
    """What this object says; a rule of ours is told apart from one of the same name in another object."""
    seen = kind.current(live, target)
    if not isinstance(seen, Route) or len(kind.names(target)) == 1:
        return seen
    where = kind.called(target, live["metadata"]["name"])
    return together([*(_placed(part, where) for part in seen.each), *seen.faults])


def _placed(part: Route, where: str) -> Route:
    lost, matched = (tuple(f"{rule} of {where}" for rule in rules) for rules in (part.lost, part.matched))
    return replace(part, lost=lost, matched=matched)


def after_order(
    kind: RouteKind, target: Target, name: str, live: Object | None, action: SetWeight
) -> Object | Partly | None:
    """What is to be written, or nothing where there is nothing to write to. Refused before anything is written."""
    if live is None:
        gone(kind, target, name, action)
        return None
    if problem := kind.foreign(target, live):
        _refuse_a_rise(problem, action)
        return None
    refuse_to_overwrite(told(kind, target, live), action)
    wanted = kind.desired(live, target, action)
    if isinstance(wanted, Problem):
        raise InvalidCanary(wanted.reason, wanted.message)
    return wanted


def _refuse_a_rise(problem: Problem, action: SetWeight) -> None:
    """Taking traffic back needs nothing of an object that we never wrote to."""
    if action.decided_on is not None:
        raise InvalidCanary(problem.reason, problem.message)


def gone(kind: RouteKind, target: Target, name: str, action: SetWeight) -> None:
    """Nothing routes to the canary there any more; only a rise needs a route, and where it is the only one a weight."""
    alone = len(kind.names(target)) == 1
    if (action.weight > 0 or action.matches or action.copies) and (alone or action.decided_on is not None):
        raise Gone(f"{kind.called(target, name)} does not exist any more")
