"""What a person or a tool has to know of the kinds of objects that carry weights."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carrier:
    group: str
    kind: str
    rules: str
    """A JSON pointer to its rules."""
    weights: str
    """All weights in them, as jq finds them."""


VIRTUAL_SERVICE = Carrier("networking.istio.io", "VirtualService", "/spec/http", ".spec.http[].route[].weight")
HTTP_ROUTE = Carrier("gateway.networking.k8s.io", "HTTPRoute", "/spec/rules", ".spec.rules[].backendRefs[].weight")
