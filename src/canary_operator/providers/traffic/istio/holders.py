"""Which other rollout splits a rule of this VirtualService."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from canary_operator.api.model import Model
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.holders import holder
from canary_operator.providers.traffic.istio.problems import route_taken
from canary_operator.providers.traffic.istio.rules import Spot, name_of
from canary_operator.providers.traffic.istio.selectors import meant


class _Held(Model):
    """As much of an entry's part as says which rule it is about."""

    route: str | None = None
    tcp: TcpRoute | None = None
    tls: TlsRoute | None = None


def taken(live: Object, rollout: str, spot: Spot) -> Problem | None:
    """Another rollout splits the rule at this spot."""
    found = holder(live, rollout, lambda part: _is_about(live, part, spot))
    return None if found is None else route_taken(live, spot, found)


def _is_about(live: Object, part: Mapping[str, Any], spot: Spot) -> bool:
    """An http rule is known by its name. Two ports may mean one tcp rule, so there the rule itself is looked for."""
    try:
        held = _Held.model_validate(part)
    except ValidationError:
        return False
    if lower := held.tcp or held.tls:
        return spot in meant(live, lower)
    return spot.kind == "http" and held.route == name_of(live, spot)
