"""Any HTTPRoute, and edits of its owner."""

from typing import Any

from canary_operator.providers.traffic.gateway_api.backends import is_service, weight
from canary_operator.providers.traffic.gateway_api.edit import current
from canary_operator.providers.traffic.gateway_api.patch import operations
from canary_operator.providers.traffic.gateway_api.routes import Asked
from tests.providers.traffic.any_route import AnyRoute, a_label, an_annotation
from tests.providers.traffic.gateway_api.shapes import a_backend, a_rule, at, given_back
from tests.providers.traffic.gateway_api.strategies import OF_REQUESTS, http_routes, orders


def _selected(live: Any, asked: Asked) -> Any:
    return next(rule for rule in live["spec"]["rules"] if asked.rules[0] in {None, rule.get("name")})


def _new_timeout(live: Any, asked: Asked) -> None:
    _selected(live, asked)["timeouts"] = {"request": "31s"}


def _a_rule_before_ours(live: Any, _: Asked) -> None:
    live["spec"]["rules"].insert(0, a_rule(a_backend("checkout", 1), name="new"))


def _stable_filters(live: Any, asked: Asked) -> None:
    backends = _selected(live, asked)["backendRefs"]
    stable = next(each for each in backends if is_service(each, asked.stable, "shop"))
    stable["filters"] = [OF_REQUESTS]


def _a_host(live: Any, _: Asked) -> None:
    live["spec"]["hostnames"] = ["new.example.com"]


ANY_HTTP_ROUTE = AnyRoute(
    http_routes(),
    orders,
    at,
    given_back,
    current,
    operations,
    rule=_selected,
    ends="backendRefs",
    weights=lambda backends: [weight(each) for each in backends],
    is_stable=lambda each, asked: is_service(each, asked.stable, "shop"),
    is_canary=lambda each, asked: is_service(each, asked.canary, "shop"),
    edits=(_new_timeout, _a_rule_before_ours, _stable_filters, _a_host, an_annotation, a_label),
    stays_known=lambda asked: asked.rules[0] is not None,
)
