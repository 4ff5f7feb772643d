"""Any VirtualService, with http, tcp and tls rules, and edits of its owner."""

from collections.abc import Sequence
from typing import Any

from canary_operator.providers.traffic.istio.destinations import INT32, means
from canary_operator.providers.traffic.istio.edit import current
from canary_operator.providers.traffic.istio.patch import operations
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.istio.selectors import HttpRoute, kind_of
from tests.providers.traffic.any_route import AnyRoute, a_label, an_annotation
from tests.providers.traffic.istio.shapes import a_destination, a_rule, at, given_back
from tests.providers.traffic.istio.strategies import SELECTED, any_services, orders


def _selected(live: Any, asked: Asked) -> Any:
    route = asked.routes[0]
    if isinstance(route, HttpRoute):
        return next(rule for rule in live["spec"]["http"] if route.name is None or rule.get("name") == route.name)
    return next(rule for rule in live["spec"][kind_of(route)] if SELECTED in rule)


def _weights(route: Sequence[Any]) -> list[int]:
    """One that is alone gets everything, whatever its weight."""
    weights = [each.get("weight") or 0 for each in route] if len(route) > 1 else [1]
    assert sum(weights) <= INT32
    return weights


def _new_timeout(live: Any, asked: Asked) -> None:
    _selected(live, asked)["timeout"] = "31s"


def _a_rule_before_ours(live: Any, asked: Asked) -> None:
    match = [{"port": 7, "sniHosts": ["new.example.com"]}]
    live["spec"][kind_of(asked.routes[0])].insert(0, a_rule(a_destination("checkout"), name="new", match=match))


def _stable_headers(live: Any, asked: Asked) -> None:
    stable = next(each for each in _selected(live, asked)["route"] if "canary" not in each["destination"]["host"])
    stable["headers"] = {"response": {"remove": ["server"]}}


ANY_VIRTUAL_SERVICE = AnyRoute(
    any_services,
    orders,
    at,
    given_back,
    current,
    operations,
    rule=_selected,
    ends="route",
    weights=_weights,
    is_stable=lambda each, asked: means(each, "shop", asked.stable),
    is_canary=lambda each, asked: means(each, "shop", asked.canary),
    edits=(_new_timeout, _a_rule_before_ours, _stable_headers, an_annotation, a_label),
)
