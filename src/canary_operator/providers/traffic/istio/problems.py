"""What can be wrong with a route: one sentence each, with the place, what stands there, and the cure."""

from collections.abc import Mapping
from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic import problems
from canary_operator.providers.traffic.istio.destinations import Address, shown
from canary_operator.providers.traffic.istio.rules import KINDS, Kind, Spot, destinations, rule_at, spots
from canary_operator.providers.traffic.istio.selectors import HttpRoute, Selector, kind_of, label

FIELDS: Mapping[Kind, str] = {"http": "routes", "tls": "tlsRoutes", "tcp": "tcpRoutes"}
"""Where the spec asks for a route of each kind."""


def route_not_found(live: Object, wanted: Selector, field: str) -> Problem:
    there = f"there are: {_candidates(live, kind_of(wanted))}"
    message = f"{_whole(live)} has no {_wish(wanted, 'route')} ({there}); correct {field}"
    return Problem(reasons.ROUTE_NOT_FOUND, message)


def route_ambiguous(live: Object, wanted: Selector, field: str) -> Problem:
    found = f"{_wish(wanted, 'routes')} ({_candidates(live, kind_of(wanted))})"
    by_name = isinstance(wanted, HttpRoute)
    cure = f"name exactly one in {field}" if by_name else "let exactly one of them match it"
    return Problem(reasons.ROUTE_AMBIGUOUS, f"{_whole(live)} has several {found}; {cure}")


def delegating(live: Object, spot: Spot) -> Problem:
    delegate = rule_at(live, spot)["delegate"]
    root = f"{delegate.get('namespace') or live['metadata']['namespace']}/{delegate.get('name')}"
    return _unsupported(live, spot, f"delegates to VirtualService {root}; name that one in virtualServices")


def without_destinations(live: Object, spot: Spot, kind: str, field: str) -> Problem:
    cure = f"is a {kind}, which has no destinations; name another one in {field}"
    return _unsupported(live, spot, cure)


def subset_named(live: Object, spot: Spot, subset: str) -> Problem:
    cure = "give traffic.istio.subsets to split between subsets, or remove it"
    return _unsupported(live, spot, f"sends to the subset {subset}, and two Services are to be split: {cure}")


def subset_missing(live: Object, spot: Spot, written: str, stable: str) -> Problem:
    whole = f"sends to {written} without a subset, and so to the canary's pods too, at any weight"
    return _unsupported(live, spot, f"{whole}: write subset: {stable} beside that host")


def starved(live: Object, spot: Spot) -> Problem:
    return problems.starved(the_rule(live, spot))


def too_fine(live: Object, spot: Spot, share: Fraction) -> Problem:
    return problems.too_fine(the_rule(live, spot), share)


def tested_twice(live: Object, spot: Spot, what: str, field: str) -> Problem:
    return problems.tested_twice(the_rule(live, spot), what, field, "an http route")


def uncopied(live: Object, spot: Spot) -> Problem:
    return problems.uncopied(the_rule(live, spot), "GET and HEAD, each by exact")


def third_party(live: Object, spot: Spot, foreign: str) -> Problem:
    return problems.third_party(the_rule(live, spot), foreign, "an http route")


def cookie_outdone(live: Object, spot: Spot, where: str) -> Problem:
    return problems.cookie_outdone(the_rule(live, spot), where, "the rule's own headers.response.add")


def stable_missing(live: Object, spot: Spot, wanted: Address) -> Problem:
    hosts = ", ".join(shown(each) for each in destinations(live, spot)) or "none"
    field = "stableService" if wanted.subset is None else "stableService and istio.subsets"
    message = (
        f"{the_rule(live, spot)} has no destination {wanted} (there are: {hosts}); "
        f"correct {field}, or the route's hosts: one with a dot must be complete"
    )
    return Problem(reasons.DESTINATION_NOT_FOUND, message)


def duplicated(live: Object, spot: Spot, wanted: Address) -> Problem:
    return problems.duplicated(the_rule(live, spot), str(wanted))


def asked_twice(live: Object, spot: Spot, field: str) -> Problem:
    return problems.asked_twice(the_rule(live, spot), field)


def route_taken(live: Object, spot: Spot, holder: str) -> Problem:
    return problems.route_taken(the_rule(live, spot), holder)


def record_unreadable(live: Object, complaint: str) -> Problem:
    return problems.record_unreadable(_whole(live), complaint)


def _unsupported(live: Object, spot: Spot, complaint: str) -> Problem:
    return problems.unsupported(the_rule(live, spot), complaint)


def _whole(live: Object) -> str:
    return f"VirtualService {live['metadata']['namespace']}/{live['metadata']['name']}"


def the_rule(live: Object, spot: Spot) -> str:
    """Such as `http route primary of VirtualService shop/checkout`."""
    return f"{spot.kind} route {label(live, spot)} of {_whole(live)}"


def _wish(wanted: Selector, noun: str) -> str:
    """`http route named primary`, `tcp route for port 9000`."""
    match wanted:
        case HttpRoute(name=None):
            return f"http {noun}"
        case HttpRoute(name=name):
            return f"http {noun} named {name}"
        case TcpRoute(port=port):
            return f"tcp {noun} for port {port}"
        case TlsRoute(port=port, sni_host=sni_host):
            return f"tls {noun} for port {port} and {sni_host}"


def _candidates(live: Object, kind: Kind) -> str:
    """Where there are none, those of other kinds: a route below HTTP is asked for in a field of its own."""
    if found := [label(live, spot) for spot in spots(live, kind)]:
        return ", ".join(found)
    others = [f"{FIELDS[other]} {label(live, spot)}" for other in KINDS for spot in spots(live, other)]
    return f"none, but for {', '.join(others)}" if others else "none"
