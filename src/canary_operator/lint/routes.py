"""Pitfalls of routes."""

from collections.abc import Iterator
from itertools import combinations

from canary_operator.lint.files import Files, Manifest, Pitfall, items, part, subject, texts
from canary_operator.providers.traffic.hosts import service_host
from canary_operator.providers.traffic.istio.rules import KINDS

_MESH = "mesh"


def weight_missing(files: Files) -> Iterator[Pitfall]:
    """Beside another destination a missing weight is 0, not a share."""
    for route, at, rule in _rules(files):
        destinations = list(items(rule, "route"))
        missing = sum(part(each, "weight") is None for each in destinations)
        if len(destinations) > 1 and missing:
            sentence = (
                f"{at} has {missing} of {len(destinations)} destinations without a weight, and beside others a "
                "missing weight is 0: that destination gets nothing; write every weight"
            )
            yield Pitfall("warning", "weight-missing", subject(route, files.namespace), sentence)


def weights_all_zero(files: Files) -> Iterator[Pitfall]:
    """Envoy rejects such an http route and keeps what it had; below HTTP istiod itself may end."""
    for route, at, rule in _rules(files):
        weights = [part(each, "weight") for each in items(rule, "route")]
        if len(weights) > 1 and not any(weights):
            harm = "Envoy rejects" if at.startswith("http") else "may crash istiod"
            sentence = f"{at} gives no destination any weight, which {harm}; give one a weight above 0"
            yield Pitfall("error", "weights-all-zero", subject(route, files.namespace), sentence)


def host_incomplete(files: Files) -> Iterator[Pitfall]:
    """A name with a dot is taken as it is: `checkout.shop` is no Service."""
    for route, at, rule in _rules(files):
        for destination in items(rule, "route"):
            host = part(destination, "destination", "host")
            name, _, rest = host.partition(".") if isinstance(host, str) else ("", "", "")
            namespace = rest.removesuffix(".svc")
            if files.named("Service", namespace, name) is not None:
                sentence = (
                    f'{at} sends to "{host}", and a host with a dot is taken as it is, so it is not the Service: '
                    f'write "{service_host(name, namespace)}", or "{name}" within its namespace'
                )
                yield Pitfall("error", "host-incomplete", subject(route, files.namespace), sentence)


def host_claimed_twice(files: Files) -> Iterator[Pitfall]:
    """A sidecar obeys the first VirtualService that claims a host; an edit of the other one does nothing."""
    for one, other in combinations(files.of("VirtualService"), 2):
        hosts = _hosts(files, one) & _hosts(files, other)
        if hosts and _MESH in _gateways(one) & _gateways(other):
            sentence = (
                f"{subject(one, files.namespace)} claims {min(hosts)} for the mesh too, and a sidecar obeys the older "
                "of the two only: put all rules into one of them"
            )
            yield Pitfall("warning", "host-claimed-twice", subject(other, files.namespace), sentence)


def mesh_claimed_by_both(files: Files) -> Iterator[Pitfall]:
    """A sidecar obeys one of the two, whoever's it is; the operator begins no run by either."""
    for route in (one for one in files.of("VirtualService") if _MESH in _gateways(one)):
        for other in files.of("HTTPRoute"):
            if both := _hosts(files, route) & {*_served(files, other)}:
                sentence = (
                    f"{subject(other, files.namespace)} claims {min(both)} for the mesh too, and a sidecar obeys one "
                    "of the two only: delete one of them, or take mesh out of the VirtualService's gateways"
                )
                yield Pitfall("error", "mesh-claimed-by-both", subject(route, files.namespace), sentence)


def claimed_by_httproute(files: Files) -> Iterator[Pitfall]:
    """Which of the two is obeyed depends on the gateway."""
    for route in files.of("VirtualService"):
        mine = {*texts(route, "spec", "hosts")}
        for other in files.of("HTTPRoute"):
            if both := mine & {*texts(other, "spec", "hostnames")}:
                sentence = (
                    f"{subject(other, files.namespace)} claims {min(both)} too: let one of the two carry the traffic"
                )
                yield Pitfall("warning", "claimed-by-httproute", subject(route, files.namespace), sentence)


def _rules(files: Files) -> Iterator[tuple[Manifest, str, Manifest]]:
    """Each with its place, such as `http[0]`."""
    for route in files.of("VirtualService"):
        for kind in KINDS:
            for index, rule in enumerate(items(route, "spec", kind)):
                yield route, f"{kind}[{index}]", rule


def _hosts(files: Files, route: Manifest) -> set[str]:
    """In full."""
    namespace = files.namespace_of(route)
    return {host if "." in host else service_host(host, namespace) for host in texts(route, "spec", "hosts")}


def _served(files: Files, route: Manifest) -> Iterator[str]:
    """The Services, in full, whose callers in the mesh obey an HTTPRoute.

    With a Service of another namespace as its parent it is for callers of its own namespace only.
    """
    own = files.namespace_of(route)
    for parent in items(route, "spec", "parentRefs"):
        if part(parent, "kind") == "Service" and (part(parent, "namespace") or own) == own:
            yield service_host(str(part(parent, "name")), own)


def _gateways(route: Manifest) -> set[str]:
    """Without any it is for the mesh."""
    return {*texts(route, "spec", "gateways")} or {_MESH}


RULES = (
    weight_missing,
    weights_all_zero,
    host_incomplete,
    host_claimed_twice,
    mesh_claimed_by_both,
    claimed_by_httproute,
)
