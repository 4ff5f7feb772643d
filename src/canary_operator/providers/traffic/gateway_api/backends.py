"""What one backend of a rule means to the Gateway API."""

from collections.abc import Mapping
from typing import Any

Backend = Mapping[str, Any]
"""An HTTPBackendRef: a reference to a Service, `weight`, `filters`."""

MOST_WEIGHT = 1_000_000
"""The largest weight of one backend that the API takes."""
MOST_BACKENDS = 16
"""So many backends the API takes in one rule."""
MOST_FILTERS = 16
"""So many filters in one backend, and as many in one rule."""


def is_service(backend: Backend, service: str, namespace: str) -> bool:
    """Whether it is this Service of the route's own namespace, on any port."""
    kind = (backend.get("group") or "", backend.get("kind") or "Service")
    where = backend.get("namespace") or namespace
    return (kind, where, backend.get("name")) == (("", "Service"), namespace, service)


def shown(backend: Backend) -> str:
    """`checkout`, `payments/checkout`, `Bucket assets`."""
    name, kind = str(backend.get("name", "")), str(backend.get("kind") or "Service")
    place = f"{backend['namespace']}/{name}" if backend.get("namespace") else name
    return place if kind == "Service" else f"{kind} {place}"


def weight(backend: Backend) -> int:
    """A missing weight is 1, not 0 as in a VirtualService."""
    found = backend.get("weight")
    return 1 if found is None else int(found)


def weighted(backend: Backend, new: int) -> dict[str, Any]:
    return {**backend, "weight": new}


def rescaled(backend: Backend, new: int) -> Backend:
    """Somebody else's backend in our scale; a weight that says the same stays as it is written."""
    return backend if weight(backend) == new else weighted(backend, new)


def canary_of(stable: Backend, canary: str, new: int) -> dict[str, Any]:
    """A canary backend that differs from the stable one in name and weight only: its port and filters hold too."""
    return {**stable, "name": canary, "weight": new}
