"""The part of `rules.py` that is about routes."""

import json

from canary_operator.api.cel import Rule
from canary_operator.api.evidence import MOST_METRICS
from canary_operator.api.routes import MOST_OBJECTS

ANEW = "delete this CanaryRollout, which gives everything back, and create it anew"

_PLACES = str(list(range(MOST_METRICS)))
"""An element is looked up by its place: the API server knows no bound for what comes out of a filtered list."""


ONE_KIND_OF_ROUTE = Rule(
    "[has(self.routes), has(self.tcpRoutes), has(self.tlsRoutes)].filter(given, given).size() <= 1",
    'routes of several kinds are asked for in "{self.name}": give one of routes, tcpRoutes and tlsRoutes',
)

MANAGED_ROUTE_IS_WHOLE = Rule(
    "!self.managedRoute || !(has(self.routes) || has(self.tcpRoutes) || has(self.tlsRoutes))",
    '"{self.name}" has managedRoute, so the operator makes it, with one http route: '
    "leave out routes, tcpRoutes and tlsRoutes",
)

PORT_IS_OF_MANAGED_ROUTE = Rule(
    "!has(self.port) || self.managedRoute",
    'port is given for "{self.name}", which you write yourself, with its ports: leave it out, '
    "or give managedRoute: true",
)

ONE_ROUTER = Rule(
    "has(self.istio) != has(self.gatewayAPI)",
    '{has(self.istio) ? "istio and gatewayAPI are both given" : "neither istio nor gatewayAPI is given"}: '
    "give istio to split a VirtualService, or gatewayAPI to split an HTTPRoute",
)

ROUTER_STAYS = Rule(
    "has(self.istio) == has(oldSelf.istio)",
    'the kind of route can\'t change (it was {has(oldSelf.istio) ? "a VirtualService" : "an HTTPRoute"}): ' + ANEW,
)

COUNTED_BY_ISTIO = 'has({0}.preset) && ({0}.preset.startsWith("istio-") || {0}.preset == "cpu")'
"""A preset for which Istio counts HTTP requests."""

CONNECTIONS_ARE_NO_REQUESTS = Rule(
    "!has(self.traffic.istio)"
    " || !self.traffic.istio.virtualServices.exists(one, has(one.tcpRoutes) || has(one.tlsRoutes))"
    f" || !self.analysis.metrics.exists(metric, {COUNTED_BY_ISTIO.format('metric')})",
    'metric "{self.analysis.metrics[at].preset}" judges HTTP requests that Istio counts, and of a tcp or tls route it '
    "counts connections only: give preset requests, or a metric of your own (name and promQL), for example on "
    "istio_tcp_connections_closed_total",
    each=f"{_PLACES}.filter(at, at < size(self.analysis.metrics) && "
    f"{COUNTED_BY_ISTIO.format('self.analysis.metrics[at]')})",
)

_AT = str(list(range(MOST_OBJECTS)))
_NAMED_ONCE = "self.exists_one(other, other.name == self[at].name)"


def _objects_differ(kind: str, parts: str) -> Rule:
    return Rule(
        f"{_AT}.all(at, at >= size(self) || {_NAMED_ONCE})",
        f'"{{self[at].name}}" is named twice: give each {kind} once, with all of its {parts}',
        each=f"{_AT}.filter(at, at < size(self) && !{_NAMED_ONCE})",
    )


VIRTUAL_SERVICES_DIFFER = _objects_differ("VirtualService", "routes")
HTTP_ROUTES_DIFFER = _objects_differ("HTTPRoute", "rules")

_LISTS = ("routes", "tcpRoutes", "tlsRoutes")
_ALL_DIFFER = "(!has(self.{0}) || self.{0}.all(one, self.{0}.exists_one(other, other == one)))"

ROUTES_DIFFER = Rule(
    " && ".join(_ALL_DIFFER.format(field) for field in _LISTS),
    'a route is asked for twice in "{self.name}": give each once',
)

HTTP_RULES_DIFFER = Rule(_ALL_DIFFER.format("rules"), 'a rule is asked for twice in "{self.name}": give each once')

_BOTH = "at >= size(self) || at >= size(oldSelf)"


def _same(field: str) -> str:
    present, before = f"self[at].{field}", f"oldSelf[at].{field}"
    return f"has({present}) == has({before}) && (!has({present}) || {present} == {before})"


def _same_by_name(field: str) -> str:
    """Without names it is the only one, which may be named later."""
    present, before = f"self[at].{field}", f"oldSelf[at].{field}"
    either = f"has({before}) ? has({present}) && {present} == {before} : !has({present}) || size({present}) == 1"
    return f"self[at].name == oldSelf[at].name && ({either})"


_SAME_ROUTES = (
    f"{_same_by_name('routes')} && {_same('tcpRoutes')} && {_same('tlsRoutes')} && {_same('port')}"
    " && self[at].managedRoute == oldSelf[at].managedRoute"
)

ROUTE_STAYS = Rule(
    f"{_AT}.all(at, {_BOTH} || ({_SAME_ROUTES}))",
    'the route can\'t change (it was "{oldSelf[at].name}"'
    '{has(oldSelf[at].routes) ? ", route \\"" + oldSelf[at].routes.join("\\", \\"") + "\\"" : '
    'has(oldSelf[at].tcpRoutes) ? ", a tcp route" : '
    'has(oldSelf[at].tlsRoutes) ? ", tls route \\"" + oldSelf[at].tlsRoutes[0].sniHost + "\\"" : '
    'oldSelf[at].managedRoute ? ", made by the operator" : ", its only http route"}): ' + ANEW,
    each=f"{_AT}.filter(at, !({_BOTH}) && !({_SAME_ROUTES}))",
)

_SAME_RULES = _same_by_name("rules")

HTTP_ROUTE_STAYS = Rule(
    f"{_AT}.all(at, {_BOTH} || ({_SAME_RULES}))",
    'the route can\'t change (it was "{oldSelf[at].name}"'
    '{has(oldSelf[at].rules) ? ", rule \\"" + oldSelf[at].rules.join("\\", \\"") + "\\"" : '
    '", its only rule"}): ' + ANEW,
    each=f"{_AT}.filter(at, !({_BOTH}) && !({_SAME_RULES}))",
)

_NUMERALS = json.dumps([str(number) for number in range(MOST_OBJECTS + 1)])


def _as_many_stay(kinds: str) -> Rule:
    return Rule(
        "size(self) == size(oldSelf)",
        f"{kinds} can't be added or taken away (there were {{{_NUMERALS}[size(oldSelf)]}}): " + ANEW,
    )


AS_MANY_VIRTUAL_SERVICES_STAY = _as_many_stay("VirtualServices")
AS_MANY_HTTP_ROUTES_STAY = _as_many_stay("HTTPRoutes")

SUBSETS_DIFFER = Rule(
    "self.stable != self.canary",
    'stable and canary are both "{self.stable}": name two subsets of the DestinationRule',
)

SUBSETS_STAY = Rule(
    "self == oldSelf",
    'subsets can\'t change (they were "{oldSelf.stable}" and "{oldSelf.canary}" of DestinationRule '
    '"{oldSelf.destinationRule}"): ' + ANEW,
)

SPLIT_STAYS = Rule(
    "has(self.subsets) == has(oldSelf.subsets)",
    'subsets can\'t be {has(self.subsets) ? "added" : "taken away"}: ' + ANEW,
)

SUBSETS_HAVE_ONE_SERVICE = Rule(
    "!has(self.istio) || !has(self.istio.subsets) || (!has(self.canaryService) && !has(self.matchService))",
    '{has(self.canaryService) ? "canaryService" : "matchService"} is given beside subsets, '
    "which are two parts of the stable Service: leave it out",
)

SUBSETS_NEED_A_WORKLOAD = Rule(
    "has(self.workload) || !has(self.traffic.istio) || !has(self.traffic.istio.subsets)",
    "subsets need a workload, whose name tells the two apart in Istio's metrics: "
    "give workload, or split between two Services and leave subsets out",
)
