"""A VirtualService that the operator makes (`managedRoute`): a delegate, obeyed only where a root refers to it.

It has no owner: the garbage collector would take it away with a rollout that is deleted in the foreground, or whose
finalizer is taken off by hand, and every request that is delegated to it would get no answer.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from canary_operator.api import reasons
from canary_operator.api.rollout import VirtualServiceRef
from canary_operator.core.world import Problem
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import VIRTUAL_SERVICES
from canary_operator.providers.traffic.hosts import service_host
from canary_operator.providers.workloads.marks import ROLLOUT, is_ours, label_value, our_labels

RULE = "primary"


def reference(target: Target, name: str) -> VirtualServiceRef:
    return next(one for one in target.spec.traffic.virtual_services if one.name == name)


def delegate(target: Target, name: str) -> dict[str, Any] | None:
    """As it is made, with all traffic on stable; None where it is not ours to make.

    Everything else of the rule (timeout, retries, headers, …) is inherited from the rule that delegates. The host is
    complete, as the root may be in another namespace.
    """
    asked = reference(target, name)
    if not asked.managed_route:
        return None
    stable: dict[str, Any] = {"host": service_host(target.spec.traffic.stable_service, target.namespace)}
    if asked.port is not None:
        stable["port"] = {"number": asked.port}
    return {
        "apiVersion": VIRTUAL_SERVICES.api_version,
        "kind": VIRTUAL_SERVICES.kind,
        "metadata": {"name": name, "namespace": target.namespace, "labels": our_labels(target)},
        "spec": {"http": [{"name": RULE, "route": [{"destination": stable}]}]},
    }


def foreign(target: Target, live: Object) -> Problem | None:
    """It stands where ours is to be, and was not made by us for this rollout."""
    name = live["metadata"]["name"]
    if not reference(target, name).managed_route or is_ours(live, target):
        return None
    message = (
        f"VirtualService {target.namespace}/{name} exists and was not made for this rollout (it has no label "
        f"{ROLLOUT}: {label_value(target.name)}), so it is left alone; give the virtualServices item with managedRoute "
        "another name, or remove managedRoute to split that VirtualService as it is"
    )
    return Problem(reasons.ROUTE_NAME_TAKEN, message)


def portless(target: Target, name: str, service: Object | None) -> Problem | None:
    """Why the stable Service can't be sent to without being told more."""
    stable, asked = target.spec.traffic.stable_service, reference(target, name)
    if service is None:
        return Problem(
            reasons.SERVICE_NOT_FOUND, f"Service {stable} does not exist; create it, or correct stableService"
        )
    ports = service["spec"].get("ports") or []
    known = ", ".join(f"{port['port']}{_called(port)}" for port in ports)
    item = f"virtualServices[{target.spec.traffic.virtual_services.index(asked)}].port"
    if asked.port is None and len(ports) > 1:
        return Problem(reasons.SERVICE_UNSUPPORTED, f"Service {stable} has several ports ({known}): give one as {item}")
    if asked.port is not None and all(port["port"] != asked.port for port in ports):
        return Problem(
            reasons.SERVICE_UNSUPPORTED, f"Service {stable} has no port {asked.port} ({known}): correct {item}"
        )
    return None


def undelegated(target: Target, name: str, roots: Sequence[str] | None) -> Problem | None:
    """Nobody comes by it; None where somebody does, or where that can't be known."""
    if roots is None or roots or not reference(target, name).managed_route:
        return None
    message = (
        f"no VirtualService delegates to {target.namespace}/{name}, which the operator has made; in the http rule of "
        f"yours that sends to {target.spec.traffic.stable_service}, write {snippet(target, name)} in place of route"
    )
    return Problem(reasons.ROUTE_NOT_DELEGATED, message)


def snippet(target: Target, name: str) -> str:
    """What a root says, in YAML."""
    return f"delegate: {{name: {name}, namespace: {target.namespace}}}"


def delegates_of(live: Object) -> Iterable[tuple[str, str]]:
    """Namespace and name of what this VirtualService delegates to."""
    own = live["metadata"].get("namespace")
    for rule in (live.get("spec") or {}).get("http") or ():
        if isinstance(found := rule.get("delegate"), dict) and found.get("name"):
            yield found.get("namespace") or own, found["name"]


def _called(port: Object) -> str:
    return f" {port['name']}" if port.get("name") else ""
