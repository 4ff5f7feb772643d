from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import resolved

MESH = "mesh"
"""Istio's word for all sidecars; a VirtualService without gateways is for them."""


def claimed(live: Object) -> frozenset[str]:
    """Hosts, in full, whose callers in the mesh obey this VirtualService; a delegate has none of its own."""
    spec, namespace = live.get("spec") or {}, live["metadata"]["namespace"]
    if MESH not in (spec.get("gateways") or (MESH,)):
        return frozenset()
    return frozenset(resolved(str(host), namespace) for host in spec.get("hosts") or ())
