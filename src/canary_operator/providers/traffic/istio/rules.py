"""The rules of a VirtualService as they are written."""

from dataclasses import dataclass
from typing import Literal

from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import Address, Destination, means

Kind = Literal["http", "tls", "tcp"]
KINDS: tuple[Kind, ...] = ("http", "tls", "tcp")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a rule stands: in which list of the spec, and where in it."""

    kind: Kind
    index: int


def rules(live: Object, kind: Kind) -> list[Object]:
    return (live.get("spec") or {}).get(kind) or []


def spots(live: Object, kind: Kind) -> list[Spot]:
    return [Spot(kind, index) for index in range(len(rules(live, kind)))]


def rule_at(live: Object, spot: Spot) -> Object:
    return rules(live, spot.kind)[spot.index]


def name_of(live: Object, spot: Spot) -> str | None:
    """Istio has names for http rules only."""
    name = rule_at(live, spot).get("name")
    return str(name) if name else None


def destinations(live: Object, spot: Spot) -> list[Destination]:
    return rule_at(live, spot).get("route") or []


def places(live: Object, spot: Spot, wanted: Address) -> list[int]:
    """Every destination of this rule that means the wanted one, in any port."""
    namespace = live["metadata"]["namespace"]
    found = enumerate(destinations(live, spot))
    return [place for place, each in found if means(each, namespace, wanted)]
