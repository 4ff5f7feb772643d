"""What stands in front of a route of either kind: hosts, gateways, the mesh."""

from collections.abc import Iterator

from canary_operator.lint.files import Files, Manifest, items, part, texts

MESH = "mesh"
_ENCRYPTED = {"HTTPS", "TLS"}


def hosts(route: Manifest) -> set[str]:
    """Empty where it takes any, or those of a root."""
    return {*texts(route, "spec", "hosts"), *texts(route, "spec", "hostnames")}


def is_in_mesh(route: Manifest) -> bool:
    """Callers with sidecars obey it."""
    if route["kind"] == "HTTPRoute":
        return any(part(parent, "kind") == "Service" for parent in items(route, "spec", "parentRefs"))
    return MESH in ({*texts(route, "spec", "gateways")} or {MESH})


def gateways(files: Files, route: Manifest) -> list[Manifest | None]:
    """Each that it is bound to; None for one that the files don't have."""
    fitting = (one for one in files.of("Gateway") if _fits(route, one))
    found = {(files.namespace_of(one), one["metadata"]["name"]): one for one in fitting}
    return [found.get((namespace or files.namespace_of(route), name)) for namespace, name in _named(route)]


def _fits(route: Manifest, gateway: Manifest) -> bool:
    """Istio and the Gateway API have a kind of this name each."""
    others = "networking.istio.io" if route["kind"] == "HTTPRoute" else "gateway.networking.k8s.io"
    return not str(gateway.get("apiVersion")).startswith(f"{others}/")


def is_encrypted(gateway: Manifest | None) -> bool:
    """Some of its ports has TLS."""
    servers = [part(server, "port", "protocol") for server in items(gateway, "spec", "servers")]
    listeners = [part(listener, "protocol") for listener in items(gateway, "spec", "listeners")]
    return any(protocol in _ENCRYPTED for protocol in (*servers, *listeners))


def _named(route: Manifest) -> Iterator[tuple[str, str]]:
    """Namespaces, which may be empty, and names."""
    for name in texts(route, "spec", "gateways"):
        if name != MESH:
            namespace, _, short = name.rpartition("/")
            yield namespace, short
    for parent in items(route, "spec", "parentRefs"):
        if (part(parent, "kind") or "Gateway") == "Gateway":
            yield str(part(parent, "namespace") or ""), str(part(parent, "name"))
