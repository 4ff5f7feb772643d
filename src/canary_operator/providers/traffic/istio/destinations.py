"""What one destination of a rule means to Istio."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from canary_operator.providers.traffic.hosts import service_host

Destination = Mapping[str, Any]
"""An HTTPRouteDestination, or a RouteDestination, which has no `headers`: `destination`, `weight`, `headers`."""

INT32 = 2**31 - 1
"""Istio's type for a weight."""


class Address(NamedTuple):
    """Whom a destination means."""

    host: str
    """In full."""
    subset: str | None = None
    """None where whole Services are split: then it is the host in any subset."""

    def __str__(self) -> str:
        return f"{self.host} (subset {self.subset})" if self.subset else self.host


def resolved(host: str, namespace: str) -> str:
    """The host as Istio completes it in a VirtualService of this namespace.

    Only a name without any dot is completed: `checkout.shop` stays as it is and is *not* the Service.
    """
    return service_host(host, namespace) if host and "." not in host else host


def host(destination: Destination) -> str:
    """The host as it is written."""
    return str((destination.get("destination") or {}).get("host", ""))


def subset(destination: Destination) -> str:
    return str((destination.get("destination") or {}).get("subset", ""))


def address(destination: Destination, namespace: str) -> Address:
    return Address(resolved(host(destination), namespace), subset(destination) or None)


def means(destination: Destination, namespace: str, wanted: Address) -> bool:
    return resolved(host(destination), namespace) == wanted.host and wanted.subset in {None, subset(destination)}


def shown(destination: Destination) -> str:
    """As it is written."""
    return str(Address(host(destination), subset(destination) or None))


def weight(destination: Destination) -> int:
    """As Istio reads it beside other destinations: a missing weight is 0."""
    return int(destination.get("weight") or 0)


def weighted(destination: Destination, new: int | None) -> dict[str, Any]:
    """The same destination with this weight; None takes the weight away."""
    rest = {key: value for key, value in destination.items() if key != "weight"}
    return rest if new is None else {**destination, "weight": new}


def rescaled(destination: Destination, new: int) -> Destination:
    """Somebody else's destination in our scale; where it had no weight it needs none."""
    return destination if weight(destination) == new else weighted(destination, new)


def canary_of(stable: Destination, canary: Address, namespace: str, new: int) -> dict[str, Any]:
    """A canary destination that differs from the stable one in host, or subset, and weight only.

    Args:
        stable: the destination to copy: its port and headers hold for the canary too
        canary: whom it is to mean
        namespace: of the VirtualService; where the user wrote a short host, so do we
        new: the canary's weight
    """
    part = {} if canary.subset is None else {"subset": canary.subset}
    return {
        **stable,
        "destination": {**stable["destination"], "host": _written(stable, canary, namespace), **part},
        "weight": new,
    }


def _written(stable: Destination, canary: Address, namespace: str) -> str:
    if resolved(host(stable), namespace) == canary.host:
        return host(stable)
    short = canary.host.partition(".")[0]
    return short if "." not in host(stable) and resolved(short, namespace) == canary.host else canary.host
