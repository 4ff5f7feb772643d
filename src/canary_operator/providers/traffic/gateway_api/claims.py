from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.hosts import service_host


def claimed(live: Object) -> frozenset[str]:
    """Services of its namespace, by their full hosts, whose callers in the mesh obey this HTTPRoute.

    With a Service of another namespace as its parent it is for callers of its own namespace only.
    """
    namespace = live["metadata"]["namespace"]
    parents = (live.get("spec") or {}).get("parentRefs") or ()
    services = [each for each in parents if each.get("kind") == "Service" and not each.get("group")]
    return frozenset(
        service_host(str(each.get("name")), namespace)
        for each in services
        if each.get("namespace", namespace) == namespace
    )
