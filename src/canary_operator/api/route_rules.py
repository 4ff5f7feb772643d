"""The part of `rules.py` that is about routes."""

import json

from canary_operator.api.cel import Rule
from canary_operator.api.evidence import MOST_METRICS
from canary_operator.api.routes import MOST_VIRTUAL_SERVICES

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

_AT = str(list(range(MOST_VIRTUAL_SERVICES)))
_NAMED_ONCE = "self.exists_one(other, other.name == self[at].name)"

VIRTUAL_SERVICES_DIFFER = Rule(
    f"{_AT}.all(at, at >= size(self) || {_NAMED_ONCE})",
    '"{self[at].name}" is named twice: give each VirtualService once, with all of its routes',
    each=f"{_AT}.filter(at, at < size(self) && !{_NAMED_ONCE})",
)

_LISTS = ("routes", "tcpRoutes", "tlsRoutes")
_ALL_DIFFER = "(!has(self.{0}) || self.{0}.all(one, self.{0}.exists_one(other, other == one)))"

ROUTES_DIFFER = Rule(
    " && ".join(_ALL_DIFFER.format(field) for field in _LISTS),
    'a route is asked for twice in "{self.name}": give each once',
)

_BOTH = "at >= size(self) || at >= size(oldSelf)"


def _same(field: str) -> str:
    present, before = f"self[at].{field}", f"oldSelf[at].{field}"
    return f"has({present}) == has({before}) && (!has({present}) || {present} == {before})"


_SAME_ROUTES = (
    "self[at].name == oldSelf[at].name"
    " && (has(oldSelf[at].routes) ? has(self[at].routes) && self[at].routes == oldSelf[at].routes"
    " : !has(self[at].routes) || size(self[at].routes) == 1)"
    f" && {_same('tcpRoutes')} && {_same('tlsRoutes')} && {_same('port')}"
    " && self[at].managedRoute == oldSelf[at].managedRoute"
)

ROUTE_STAYS = Rule(
    f"{_AT}.all(at, {_BOTH} || ({_SAME_ROUTES}))",
    'the route can\'t change (it was "{oldSelf[at].name}"'
    '{has(oldSelf[at].routes) ? ", route \\"" + oldSelf[at].routes.join("\\", \\"") + "\\"" : '
    'has(oldSelf[at].tcpRoutes) ? ", a tcp route" : '
    'has(oldSelf[at].tlsRoutes) ? ", tls route \\"" + oldSelf[at].tlsRoutes[0].sniHost + "\\"" : '
    'oldSelf[at].managedRoute ? ", made by the operator" : ""}): ' + ANEW,
    each=f"{_AT}.filter(at, !({_BOTH}) && !({_SAME_ROUTES}))",
)

_NUMERALS = json.dumps([str(number) for number in range(MOST_VIRTUAL_SERVICES + 1)])

AS_MANY_STAY = Rule(
    "size(self) == size(oldSelf)",
    f"VirtualServices can't be added or taken away (there were {{{_NUMERALS}[size(oldSelf)]}}): " + ANEW,
)

HTTP_ROUTE_STAYS = Rule(
    "self[0].name == oldSelf[0].name"
    " && (!has(oldSelf[0].rules) || (has(self[0].rules) && self[0].rules == oldSelf[0].rules))",
    'the route can\'t change (it was "{oldSelf[0].name}"'
    '{has(oldSelf[0].rules) ? ", rule \\"" + oldSelf[0].rules[0] + "\\"" : ""}): ' + ANEW,
)

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
