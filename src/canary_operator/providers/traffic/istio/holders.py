"""Which other rollouts have an entry in the record of this VirtualService, and whether it is about the same rule."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from canary_operator.api.model import Model
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.problems import route_taken
from canary_operator.providers.traffic.istio.record import entries
from canary_operator.providers.traffic.istio.rules import Spot, name_of
from canary_operator.providers.traffic.istio.selectors import meant


class _Held(Model):
    """As much of an entry as says which rule it is about; the rest may be of any version."""

    route: str | None = None
    tcp: TcpRoute | None = None
    tls: TlsRoute | None = None
    more: tuple["_Held", ...] = ()
    """What else it is about."""


def taken(live: Object, rollout: str, spot: Spot) -> Problem | None:
    """Another rollout splits the rule at this spot."""
    found = entries(live)
    holders: Mapping[str, Any] = {} if isinstance(found, Problem) else found
    holder = next((name for name, entry in holders.items() if name != rollout and _holds(live, entry, spot)), None)
    return None if holder is None else route_taken(live, holder)


def _holds(live: Object, entry: Any, spot: Spot) -> bool:
    try:
        held = _Held.model_validate(entry)
    except ValidationError:
        return False
    return any(_is_about(live, one, spot) for one in (held, *held.more))


def _is_about(live: Object, held: _Held, spot: Spot) -> bool:
    """An http rule is known by its name. Two ports may mean one tcp rule, so there the rule itself is looked for."""
    if lower := held.tcp or held.tls:
        return spot in meant(live, lower)
    return spot.kind == "http" and held.route == name_of(live, spot)
