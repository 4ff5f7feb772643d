"""Which rule of a VirtualService a rollout means. Only http rules have names; the others are known by their matches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from canary_operator.api.rollout import VirtualServiceRef
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.rules import Kind, Spot, name_of, rule_at, spots
from canary_operator.providers.traffic.managed import owner_of


@dataclass(frozen=True, slots=True)
class HttpRoute:
    name: str | None
    """None is the only rule there is."""


Selector = HttpRoute | TcpRoute | TlsRoute


def selectors(reference: VirtualServiceRef) -> tuple[Selector, ...]:
    """What the spec asks for, in its order."""
    lower = reference.tcp_routes or reference.tls_routes
    return lower or tuple(HttpRoute(name) for name in reference.routes or (None,))


def kind_of(wanted: Selector) -> Kind:
    match wanted:
        case HttpRoute():
            return "http"
        case TcpRoute():
            return "tcp"
        case TlsRoute():
            return "tls"


def naming(live: Object, wanted: Selector) -> list[Spot]:
    """The rules that say themselves that they are meant: by their name, or by a match on the very port."""
    match wanted:
        case HttpRoute(name=name):
            return [spot for spot in spots(live, "http") if _is_named(live, spot, name)]
        case TcpRoute(port=port) | TlsRoute(port=port):
            return _matching(live, wanted, lambda block: block.get("port") == port)


def _is_named(live: Object, spot: Spot, name: str | None) -> bool:
    """None is the only rule that there is beside what rollouts have inserted."""
    return owner_of(rule_at(live, spot)) is None if name is None else name_of(live, spot) == name


def meant(live: Object, wanted: Selector) -> list[Spot]:
    """The same; where no rule names the port, those that take any."""
    found = naming(live, wanted)
    if found or isinstance(wanted, HttpRoute):
        return found
    return _matching(live, wanted, lambda block: not block.get("port"))


def blocks(live: Object, spot: Spot) -> list[Object]:
    """The alternatives of a rule's match; a rule without any takes everything, like an empty one."""
    return rule_at(live, spot).get("match") or [{}]


def _matching(live: Object, wanted: TcpRoute | TlsRoute, fits: Callable[[Object], bool]) -> list[Spot]:
    def listed(block: Any) -> bool:
        return isinstance(wanted, TcpRoute) or wanted.sni_host in (block.get("sniHosts") or ())

    every = spots(live, kind_of(wanted))
    return [spot for spot in every if any(fits(block) and listed(block) for block in blocks(live, spot))]


def label(live: Object, spot: Spot) -> str:
    """What a person knows the rule by: `primary`, `tcp[0] (port 9000)`, `tls[1] (port 443 shop.example.com)`."""
    if spot.kind == "http":
        return name_of(live, spot) or f"http[{spot.index}] (without a name)"
    shown = " or ".join(dict.fromkeys(_shown(block) for block in blocks(live, spot)))
    return f"{spot.kind}[{spot.index}] ({shown})"


def _shown(block: Object) -> str:
    return " ".join([port_of(block), *(block.get("sniHosts") or ())])


def port_of(block: Object) -> str:
    """Istio takes 0 for no port."""
    return f"port {block['port']}" if block.get("port") else "any port"
