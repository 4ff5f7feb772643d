"""What can be wrong with a route of any kind. `route` and `rule` are what a person knows it by."""

from dataclasses import dataclass
from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.api.quantities import format_percentage
from canary_operator.core.world import Problem
from canary_operator.providers.traffic.annotation import ANNOTATION


@dataclass(frozen=True, slots=True)
class Clash:
    """Both test this, and a match has room for one test of it."""

    what: str


def unsupported(rule: str, complaint: str) -> Problem:
    return Problem(reasons.ROUTE_UNSUPPORTED, f"{rule} {complaint}")


def starved(rule: str) -> Problem:
    return unsupported(rule, "gives stable and canary no weight at all; give stable a weight above 0")


def too_fine(rule: str, share: Fraction) -> Problem:
    exactly = f"has weights too large to be split at exactly {format_percentage(share)}"
    return unsupported(rule, f"{exactly}; write the same shares with smaller numbers")


def tested_twice(rule: str, what: str, field: str, own: str) -> Problem:
    """`own` is what else those requests could be given: `an http route`."""
    complaint = (
        f"tests {what} already, and {field} tests it too, which no match can do; "
        f"take one of the two tests away, or give those requests {own} of their own"
    )
    return unsupported(rule, complaint)


def asked_twice(rule: str, field: str) -> Problem:
    return unsupported(rule, f"is meant by {field} and by another item before it; leave one of them")


def third_party(rule: str, foreign: str, own: str) -> Problem:
    """`own` is what else those requests could be given: `an http route`."""
    complaint = (
        f"sends to {foreign} too, and traffic.stickiness keeps users between two versions only; give those requests "
        f"{own} of their own, or leave stickiness out"
    )
    return unsupported(rule, complaint)


def cookie_outdone(rule: str, where: str, own: str) -> Problem:
    """`own` is where the rule may add it."""
    complaint = (
        f"writes set-cookie itself ({where}), which leaves no cookie of traffic.stickiness; "
        f"let it add that header in {own}, or leave stickiness out"
    )
    return unsupported(rule, complaint)


def uncopied(rule: str, safe: str) -> Problem:
    """`safe` is what the test may be."""
    complaint = (
        f"tests the method, and lets none through that stages[].mirror may copy: {safe}; test it "
        "so, leave mirror out, or set traffic.mirror.allowUnsafe where a second order does no harm"
    )
    return unsupported(rule, complaint)


def duplicated(rule: str, wanted: str) -> Problem:
    message = f"{rule} names {wanted} more than once; leave one destination for each"
    return Problem(reasons.DESTINATION_DUPLICATED, message)


def route_taken(rule: str, holder: str) -> Problem:
    message = (
        f"{rule}: CanaryRollout {holder} splits it already, and only one rollout can "
        f"(if {holder} does not exist any more, remove its entry from the annotation {ANNOTATION})"
    )
    return Problem(reasons.ROUTE_TAKEN, message)


def record_unreadable(route: str, complaint: str) -> Problem:
    message = (
        f"{route}: the annotation {ANNOTATION} {complaint}; put its former value back, or set the route's "
        "weights as they should be without a canary and remove the annotation"
    )
    return Problem(reasons.ROUTE_RECORD_UNREADABLE, message)
