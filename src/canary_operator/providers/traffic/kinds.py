"""The kinds of routes that can be split, and which one a rollout means: as objects, without an API server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Problem
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import HTTP_ROUTES, VIRTUAL_SERVICES, Resource
from canary_operator.providers.traffic.gateway_api import edit as http_route_edit
from canary_operator.providers.traffic.gateway_api import restore as http_route_restore
from canary_operator.providers.traffic.gateway_api import shape as http_route_shape
from canary_operator.providers.traffic.gateway_api.apply import http_route
from canary_operator.providers.traffic.gateway_api.apply import split as http_route_split
from canary_operator.providers.traffic.gateway_api.rules import filled_in
from canary_operator.providers.traffic.istio import edit, restore, shape
from canary_operator.providers.traffic.istio.delegate import delegate, foreign
from canary_operator.providers.traffic.istio.partly import Partly, said
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.istio.target import asked_of, virtual_services


@dataclass(frozen=True, slots=True)
class RouteKind:
    resource: Resource
    names: Callable[[Target], tuple[str, ...]]
    """Of the objects that the rollout means."""
    made: Callable[[Target, str], Object | None]
    """What the operator makes where there is none of this name; None where that is not asked for."""
    foreign: Callable[[Target, Object], Problem | None]
    """Why this object may not be touched: it stands where one of ours is to be made."""
    misshapen: Callable[[Mapping[str, Any]], str | None]
    """What the API server would refuse in a manifest."""
    filled_in: Callable[[Object], Object]
    """With the defaults that the API server would store, where we read them."""
    desired: Callable[[Object, Target, SetWeight], Object | Problem]
    restored: Callable[[Object, Target], Object | Problem]


def _asked_of(live: Object, target: Target) -> Asked:
    return asked_of(target, live["metadata"]["name"])


def _desired_in_virtual_service(live: Object, target: Target, action: SetWeight) -> Object | Problem:
    after = edit.desired(live, _asked_of(live, target), action)
    return said(after.problems) if isinstance(after, Partly) else after


VIRTUAL_SERVICE = RouteKind(
    VIRTUAL_SERVICES,
    virtual_services,
    delegate,
    foreign,
    shape.misshapen,
    filled_in=lambda live: live,
    desired=_desired_in_virtual_service,
    restored=lambda live, target: restore.restored(live, _asked_of(live, target)),
)
HTTP_ROUTE = RouteKind(
    HTTP_ROUTES,
    lambda target: (http_route(target),),
    lambda _, __: None,
    lambda _, __: None,
    http_route_shape.misshapen,
    filled_in=filled_in,
    desired=lambda live, target, action: http_route_edit.desired(live, http_route_split(target), action),
    restored=lambda live, target: http_route_restore.restored(live, http_route_split(target)),
)
KINDS = (VIRTUAL_SERVICE, HTTP_ROUTE)


def kind_for(target: Target) -> RouteKind:
    return HTTP_ROUTE if target.spec.traffic.gateway_api is not None else VIRTUAL_SERVICE
