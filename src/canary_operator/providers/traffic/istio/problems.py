"""What can be wrong with a route: one sentence each, with the place, what stands there, and the cure."""

from canary_operator.api import reasons
from canary_operator.api.model import GROUP
from canary_operator.api.quantities import format_percentage
from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import host
from canary_operator.providers.traffic.istio.rules import destinations, name_of, rules

ANNOTATION = f"{GROUP}/route"


def route_not_found(live: Object, name: str | None) -> Problem:
    wish = f"no http route named {name}" if name else "no http route"
    message = f"{_whole(live)} has {wish} (there are: {_candidates(live)}); correct virtualServices[0].routes"
    return Problem(reasons.ROUTE_NOT_FOUND, message)


def route_ambiguous(live: Object, name: str | None) -> Problem:
    wish = f"several http routes named {name}" if name else "several http routes"
    message = f"{_whole(live)} has {wish} ({_candidates(live)}); name exactly one in virtualServices[0].routes"
    return Problem(reasons.ROUTE_AMBIGUOUS, message)


def delegating(live: Object, index: int) -> Problem:
    delegate = rules(live)[index]["delegate"]
    root = f"{delegate.get('namespace') or live['metadata']['namespace']}/{delegate.get('name')}"
    return _unsupported(live, index, f"delegates to VirtualService {root}; name that one in virtualServices")


def without_destinations(live: Object, index: int, kind: str) -> Problem:
    cure = f"is a {kind}, which has no destinations; name another one in virtualServices[0].routes"
    return _unsupported(live, index, cure)


def subset_named(live: Object, index: int, subset: str) -> Problem:
    return _unsupported(live, index, f"sends to the subset {subset}; only whole Services can be split: remove it")


def starved(live: Object, index: int) -> Problem:
    return _unsupported(live, index, "gives stable and canary no weight at all; give stable a weight above 0")


def too_fine(live: Object, index: int, action: SetWeight) -> Problem:
    share = format_percentage(action.weight)
    cure = f"has weights too large to be split at exactly {share}; write the same shares with smaller numbers"
    return _unsupported(live, index, cure)


def stable_missing(live: Object, index: int, wanted: str) -> Problem:
    hosts = ", ".join(host(each) for each in destinations(live, index)) or "none"
    message = (
        f"{_rule(live, index)} has no destination {wanted} (there are: {hosts}); "
        "correct stableService, or the route's hosts: one with a dot must be complete"
    )
    return Problem(reasons.DESTINATION_NOT_FOUND, message)


def duplicated(live: Object, index: int, wanted: str) -> Problem:
    message = f"{_rule(live, index)} names {wanted} more than once; leave one destination for each Service"
    return Problem(reasons.DESTINATION_DUPLICATED, message)


def route_taken(live: Object, holder: str) -> Problem:
    message = (
        f"{_whole(live)}: CanaryRollout {holder} splits this route, and one route takes one rollout "
        f"(if {holder} does not exist any more, remove its entry from the annotation {ANNOTATION})"
    )
    return Problem(reasons.ROUTE_TAKEN, message)


def record_unreadable(live: Object, complaint: str) -> Problem:
    message = (
        f"{_whole(live)}: the annotation {ANNOTATION} {complaint}; put its former value back, or set the route's "
        "weights as they should be without a canary and remove the annotation"
    )
    return Problem(reasons.ROUTE_RECORD_UNREADABLE, message)


def _unsupported(live: Object, index: int, complaint: str) -> Problem:
    return Problem(reasons.ROUTE_UNSUPPORTED, f"{_rule(live, index)} {complaint}")


def _whole(live: Object) -> str:
    return f"VirtualService {live['metadata']['namespace']}/{live['metadata']['name']}"


def _rule(live: Object, index: int) -> str:
    return f"http route {_label(live, index)} of {_whole(live)}"


def _candidates(live: Object) -> str:
    return ", ".join(_label(live, index) for index in range(len(rules(live)))) or "none"


def _label(live: Object, index: int) -> str:
    return name_of(live, index) or f"http[{index}] (without a name)"
