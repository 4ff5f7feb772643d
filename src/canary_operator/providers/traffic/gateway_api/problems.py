"""What can be wrong with an HTTPRoute: one sentence each, with the place, what stands there, and the cure."""

from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import HTTP_ROUTES
from canary_operator.providers.traffic import problems
from canary_operator.providers.traffic.gateway_api.backends import MOST_BACKENDS, shown
from canary_operator.providers.traffic.gateway_api.rules import (
    MOST_MATCHES,
    MOST_RULES,
    MOST_TESTS,
    backends,
    label,
    rules,
)

NOT_SERVED = Problem(
    reasons.ROUTE_NOT_FOUND,
    f"this cluster has no HTTPRoutes: its API server does not serve {HTTP_ROUTES.plural}.{HTTP_ROUTES.group} "
    f"{HTTP_ROUTES.version}, or does not let the operator list them; install the CRDs of the Gateway API and "
    "deploy/rbac.yaml, or give traffic.istio to split a VirtualService",
)


def rule_not_found(live: Object, name: str | None, field: str) -> Problem:
    wish = "rule" if name is None else f"rule named {name}"
    message = f"{_whole(live)} has no {wish} (there are: {_candidates(live)}); correct {field}"
    return Problem(reasons.ROUTE_NOT_FOUND, message)


def rule_ambiguous(live: Object, name: str | None, field: str) -> Problem:
    several = "rules" if name is None else f"rules named {name}"
    message = f"{_whole(live)} has several {several} ({_candidates(live)}); name exactly one in {field}"
    return Problem(reasons.ROUTE_AMBIGUOUS, message)


def refused(live: Object, parent: str, complaint: str) -> Problem:
    """In the words of whoever serves the route."""
    message = f"{_whole(live)} is not obeyed by {parent}: {complaint}; correct the HTTPRoute"
    return Problem(reasons.ROUTE_UNSUPPORTED, message)


def not_accepted(live: Object, parent: str, complaint: str) -> Problem:
    """The same, of what a run has written into it."""
    cure = (
        "take what it does not support out of the rollout (stickiness, canaryMatches, mirror), or correct the HTTPRoute"
    )
    message = f"{_whole(live)} is not obeyed by {parent} as it is now, in a run: {complaint}; {cure}"
    return Problem(reasons.ROUTE_NOT_ACCEPTED, message)


def redirecting(live: Object, place: int, field: str) -> Problem:
    cure = f"redirects, so it has no backends; name another one in {field}"
    return problems.unsupported(the_rule(live, place), cure)


def asked_twice(live: Object, place: int, field: str) -> Problem:
    return problems.asked_twice(the_rule(live, place), field)


def full(live: Object, place: int) -> Problem:
    cure = f"has {MOST_BACKENDS} backends, and the API takes no more: take one away to make room for the canary"
    return problems.unsupported(the_rule(live, place), cure)


def starved(live: Object, place: int) -> Problem:
    return problems.starved(the_rule(live, place))


def too_fine(live: Object, place: int, share: Fraction) -> Problem:
    return problems.too_fine(the_rule(live, place), share)


def stable_missing(live: Object, place: int, wanted: str) -> Problem:
    there = ", ".join(shown(each) for each in backends(live, place)) or "none"
    message = (
        f"{the_rule(live, place)} has no backend {wanted} in its own namespace (there are: {there}); "
        "correct stableService, or the rule's backendRefs"
    )
    return Problem(reasons.DESTINATION_NOT_FOUND, message)


def named_twice(live: Object, place: int, wanted: str) -> Problem:
    return problems.duplicated(the_rule(live, place), wanted)


def tested_twice(live: Object, place: int, what: str, field: str) -> Problem:
    return problems.tested_twice(the_rule(live, place), what, field, "a rule")


def prefix_rewritten(live: Object, place: int, field: str) -> Problem:
    complaint = (
        f"puts something else in place of the prefix that it matches, and {field}.path would match another one; "
        "leave that test out, or give those requests a rule of their own"
    )
    return problems.unsupported(the_rule(live, place), complaint)


def matched_once(live: Object, place: int, field: str) -> Problem:
    complaint = (
        "puts something else in place of the prefix that it matches, so the API takes one match in it, and beside "
        f"traffic.stickiness {field} needs two; test a header in it, or give those requests a rule of their own"
    )
    return problems.unsupported(the_rule(live, place), complaint)


def overtaking(live: Object, place: int, field: str, other: int, cure: str) -> Problem:
    """`cure` is another one than that which always helps; it may be empty."""
    complaint = (
        f"with the tests of {field} says more than rule {label(live, other)} does, whose requests it would take; "
        f"{cure and f'{cure}, or '}give the two tests that exclude each other, such as two values of one header"
    )
    return problems.unsupported(the_rule(live, place), complaint)


def third_party(live: Object, place: int, foreign: str) -> Problem:
    return problems.third_party(the_rule(live, place), foreign, "a rule")


def cookie_outdone(live: Object, place: int, where: str) -> Problem:
    return problems.cookie_outdone(the_rule(live, place), where, "its own filter for response headers")


def without_room(live: Object, place: int, what: str, field: str) -> Problem:
    complaint = f"has {what}, and the API takes no more, so there is no room for what {field} needs; "
    return problems.unsupported(the_rule(live, place), f"{complaint}take one of them away, or leave {field} out")


def uncopied(live: Object, place: int) -> Problem:
    return problems.uncopied(the_rule(live, place), "GET and HEAD")


def too_many_tests(live: Object, place: int, field: str) -> Problem:
    complaint = f"with the tests of {field} has more than {MOST_TESTS} headers or parameters in a match, which the API "
    return problems.unsupported(the_rule(live, place), f"{complaint}does not take; take some of them away")


def crowded(live: Object, more: int) -> Problem:
    ours = "a rule" if more == 1 else f"{more} rules"
    complaint = (
        f"needs {ours} of ours, and the API takes {MOST_RULES} rules and {MOST_MATCHES} matches in one "
        "HTTPRoute; give what is split an HTTPRoute of its own, or leave some out: each of canaryMatches needs one, "
        "stickiness one for each stage, mirror one for each method"
    )
    return problems.unsupported(_whole(live), complaint)


def route_taken(live: Object, place: int, holder: str) -> Problem:
    return problems.route_taken(the_rule(live, place), holder)


def record_unreadable(live: Object, complaint: str) -> Problem:
    return problems.record_unreadable(_whole(live), complaint)


def _whole(live: Object) -> str:
    return f"HTTPRoute {live['metadata']['namespace']}/{live['metadata']['name']}"


def the_rule(live: Object, place: int) -> str:
    """Such as `rule primary of HTTPRoute shop/checkout`."""
    return f"rule {label(live, place)} of {_whole(live)}"


def _candidates(live: Object) -> str:
    return ", ".join(label(live, place) for place in range(len(rules(live)))) or "none"
