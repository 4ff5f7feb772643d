"""Pitfalls of rollouts and of what they refer to."""

from collections.abc import Iterator, Mapping

from canary_operator.api.reading import read_spec
from canary_operator.api.rollout import Spec
from canary_operator.core.world import Problem
from canary_operator.errors import InvalidCanary
from canary_operator.lint.files import Files, Manifest, Pitfall, items, part, subject, texts
from canary_operator.ports import Target
from canary_operator.providers.traffic.hosts import service_host
from canary_operator.providers.traffic.istio.delegate import snippet
from canary_operator.providers.traffic.istio.destinations import resolved
from canary_operator.providers.traffic.kinds import kind_for
from canary_operator.providers.traffic.preview import preview


def rollout_invalid(files: Files) -> Iterator[Pitfall]:
    """In the operator's own words."""
    for rollout in files.of("CanaryRollout"):
        try:
            read_spec(rollout.get("spec"))
        except InvalidCanary as refusal:
            yield Pitfall("error", "rollout-invalid", subject(rollout, files.namespace), str(refusal))


def route_unusable(files: Files) -> Iterator[Pitfall]:
    """What the operator would say of each route; nothing where the files have none."""
    for rollout, target, route in routed(files):
        complaint = kind_for(target).misshapen(route)
        problem = None if complaint else preview(target, _bare(route, target.namespace))
        if complaint is None and isinstance(problem, Problem):
            complaint = problem.message
        if complaint is not None:
            yield Pitfall("error", "route-unusable", subject(rollout, files.namespace), complaint)


def route_not_delegated(files: Files) -> Iterator[Pitfall]:
    """Requests that go past the route which the operator makes are not split."""
    for rollout, target in targets(files):
        stable = service_host(target.spec.traffic.stable_service, target.namespace)
        for name in (one.name for one in target.spec.traffic.virtual_services if one.managed_route):
            past = [(root, rule) for root, rule in _http(files) if stable in _sent_to(files, root, rule)]
            if past and not any(_delegates(files, *each, (target.namespace, name)) for each in _http(files)):
                root, rule = past[0]
                sentence = (
                    f"http route {part(rule, 'name') or 'without a name'} of {subject(root, files.namespace)} sends to "
                    f"{target.spec.traffic.stable_service} itself, and nothing here delegates to {name}, which the "
                    f"operator makes: write {snippet(target, name)} in place of its route"
                )
                yield Pitfall("warning", "route-not-delegated", subject(rollout, files.namespace), sentence)


def _http(files: Files) -> Iterator[tuple[Manifest, Manifest]]:
    """Every http rule of a VirtualService that is bound to hosts."""
    for route in files.of("VirtualService"):
        if texts(route, "spec", "hosts"):
            yield from ((route, rule) for rule in items(route, "spec", "http"))


def _sent_to(files: Files, route: Manifest, rule: Manifest) -> set[str]:
    hosts = [part(each, "destination", "host") for each in items(rule, "route")]
    return {resolved(host, files.namespace_of(route)) for host in hosts if isinstance(host, str)}


def _delegates(files: Files, route: Manifest, rule: Manifest, to: tuple[str, str]) -> bool:
    namespace = part(rule, "delegate", "namespace") or files.namespace_of(route)
    return (namespace, part(rule, "delegate", "name")) == to


def same_pods(files: Files) -> Iterator[Pitfall]:
    """Both arms would be served by both versions, and nothing could be told of either."""
    for rollout, target in targets(files):
        names = (target.spec.traffic.stable_service, target.spec.canary_service)
        stable, canary = (files.named("Service", target.namespace, name) for name in names)
        selectors = [part(each, "spec", "selector") for each in (stable, canary)]
        apart = target.spec.traffic.subsets is None
        if apart and stable is not None and canary is not None and selectors[0] == selectors[1]:
            sentence = f"the Services {names[0]} and {names[1]} select the same pods; let a label tell them apart"
            yield Pitfall("error", "same-pods", subject(rollout, files.namespace), sentence)


def pods_not_selected(files: Files) -> Iterator[Pitfall]:
    """The stable Service would lose its pods, or never had them."""
    for rollout, target in targets(files):
        deployment = _deployment(files, target)
        service = files.named("Service", target.namespace, target.spec.traffic.stable_service)
        labels = part(deployment, "spec", "template", "metadata", "labels")
        selector = part(service, "spec", "selector")
        if not isinstance(labels, Mapping) or not isinstance(selector, Mapping):
            continue
        if strange := [key for key, value in selector.items() if labels.get(key) != value]:
            sentence = (
                f"the Service {target.spec.traffic.stable_service} selects by {', '.join(map(str, strange))}, which "
                "the Deployment's pods have not so; make its selector and the pods' labels agree"
            )
            yield Pitfall("error", "pods-not-selected", subject(rollout, files.namespace), sentence)


def probe_missing(files: Files) -> Iterator[Pitfall]:
    """Ready before it can answer, a canary fails its first requests."""
    for _, target in targets(files):
        deployment = _deployment(files, target)
        for container in items(deployment, "spec", "template", "spec", "containers"):
            if deployment is not None and part(container, "readinessProbe") is None:
                sentence = (
                    f"container {part(container, 'name')} has no readinessProbe, so a canary gets traffic as soon as it"
                )
                sentence += " runs, and its first failures count against it; add one"
                yield Pitfall("warning", "probe-missing", subject(deployment, files.namespace), sentence)


def autoscaled(files: Files) -> Iterator[Pitfall]:
    """While the canary takes traffic, stable's load falls, and the autoscaler takes its pods away."""
    for _, target in targets(files):
        if target.spec.workload is None:
            continue
        name = target.spec.workload.deployment_ref.name
        for scaler in files.of("HorizontalPodAutoscaler"):
            aim = part(scaler, "spec", "scaleTargetRef")
            if (files.namespace_of(scaler), part(aim, "kind"), part(aim, "name")) == (
                target.namespace,
                "Deployment",
                name,
            ):
                sentence = (
                    f"it scales the Deployment {name}, whose load falls while a canary has traffic: keep minReplicas "
                    "at what all the traffic needs, for a rollback sends it back at once"
                )
                yield Pitfall("warning", "autoscaled", subject(scaler, files.namespace), sentence)


def policy_for_one_arm(files: Files) -> Iterator[Pitfall]:
    """TLS or outlier detection that holds for one arm only makes the arms different for no reason of the release."""
    for _, target in targets(files):
        stable, canary = (
            service_host(name, target.namespace)
            for name in (target.spec.traffic.stable_service, target.spec.canary_service)
        )
        ruled = {
            _host(files, each): each for each in files.of("DestinationRule") if part(each, "spec", "trafficPolicy")
        }
        if (stable in ruled) != (canary in ruled):
            rule, other = (ruled[stable], canary) if stable in ruled else (ruled[canary], stable)
            sentence = (
                f"its trafficPolicy does not hold for {other}, so callers treat the arms differently; "
                "add one for that host"
            )
            yield Pitfall("warning", "policy-for-one-arm", subject(rule, files.namespace), sentence)


def targets(files: Files) -> Iterator[tuple[Manifest, Target]]:
    """The rollouts that can be read."""
    for rollout in files.of("CanaryRollout"):
        try:
            spec: Spec = read_spec(rollout.get("spec"))
        except InvalidCanary:
            continue
        yield rollout, Target(files.namespace_of(rollout), str(rollout["metadata"]["name"]), "", spec)


def routed(files: Files) -> Iterator[tuple[Manifest, Target, Manifest]]:
    """With each route that the files have."""
    for rollout, target in targets(files):
        kind = kind_for(target)
        for name in kind.names(target):
            route = files.named(kind.resource.kind, target.namespace, name)
            if route is not None:
                yield rollout, target, route


def _deployment(files: Files, target: Target) -> Manifest | None:
    workload = target.spec.workload
    return None if workload is None else files.named("Deployment", target.namespace, workload.deployment_ref.name)


def _host(files: Files, rule: Manifest) -> str:
    host = str(part(rule, "spec", "host"))
    return host if "." in host else service_host(host, files.namespace_of(rule))


def _bare(route: Manifest, namespace: str) -> dict[str, object]:
    metadata = {"namespace": namespace, **route["metadata"]}
    return {
        "apiVersion": route.get("apiVersion"),
        "kind": route["kind"],
        "metadata": metadata,
        "spec": route.get("spec") or {},
    }


RULES = (
    rollout_invalid,
    route_unusable,
    route_not_delegated,
    same_pods,
    pods_not_selected,
    probe_missing,
    autoscaled,
    policy_for_one_arm,
)
