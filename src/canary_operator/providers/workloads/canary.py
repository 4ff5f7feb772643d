"""The canary Deployment: the stable one's pods, under one other label."""

from collections.abc import Mapping
from typing import Any

from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.workloads.labels import Override
from canary_operator.providers.workloads.marks import REVISION, canary_name, label_value, our_labels
from canary_operator.providers.workloads.revision import revision_of

CANONICAL_NAME = "service.istio.io/canonical-name"
_AFFINITY_LISTS = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)


def canary_deployment(target: Target, stable: Object, override: Override, replicas: int) -> dict[str, Any]:
    """The manifest of the canary beside `stable`, with its present template.

    Stable's own labels and annotations are not copied: whichever of them says that Argo CD, Flux or Helm made the
    object would have the canary pruned by the tool that never heard of it. There is no ownerReference either: deleting
    stable in the foreground would kill a canary that carries traffic.
    """
    spec, name = stable["spec"], stable["metadata"]["name"]
    kept = ("minReadySeconds", "progressDeadlineSeconds", "strategy")
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": canary_name(name),
            "namespace": target.namespace,
            "labels": our_labels(target),
            "annotations": {REVISION: revision_of(spec["template"])},
        },
        "spec": {
            **{key: spec[key] for key in kept if key in spec},
            "replicas": replicas,
            "selector": moved_selector(spec["selector"], override),
            "template": canary_template(spec["template"], override, name),
        },
    }


def canary_template(template: Mapping[str, Any], override: Override, deployment: str) -> dict[str, Any]:
    """Stable's pods with the other label; to Istio's telemetry they stay the same service."""
    metadata = template["metadata"]
    labels = {CANONICAL_NAME: _canonical_name(metadata["labels"], deployment)} | metadata["labels"]
    return {
        **template,
        "metadata": {**metadata, "labels": {**labels, override.key: override.canary}},
        "spec": _moved_pod_spec(template["spec"], override),
    }


def moved_selector(selector: Mapping[str, Any], override: Override) -> dict[str, Any]:
    """A selector that chose stable pods by the label now chooses canary pods; any other stays as it is."""
    moved = dict(selector)
    if (selector.get("matchLabels") or {}).get(override.key) == override.stable:
        moved["matchLabels"] = {**selector["matchLabels"], override.key: override.canary}
    if "matchExpressions" in selector:
        moved["matchExpressions"] = [_moved_expression(part, override) for part in selector["matchExpressions"]]
    return moved


def _moved_expression(expression: Mapping[str, Any], override: Override) -> Mapping[str, Any]:
    if expression["key"] != override.key or override.stable not in (expression.get("values") or []):
        return expression
    values = [override.canary if value == override.stable else value for value in expression["values"]]
    return {**expression, "values": values}


def _moved_pod_spec(spec: Mapping[str, Any], override: Override) -> dict[str, Any]:
    moved = dict(spec)
    if "affinity" in spec:
        moved["affinity"] = {
            kind: _moved_affinity(rules, override) if kind in {"podAffinity", "podAntiAffinity"} else rules
            for kind, rules in spec["affinity"].items()
        }
    if "topologySpreadConstraints" in spec:
        moved["topologySpreadConstraints"] = [_moved_term(term, override) for term in spec["topologySpreadConstraints"]]
    return moved


def _moved_affinity(rules: Mapping[str, Any], override: Override) -> dict[str, Any]:
    lists = {key: [_moved_weighted(term, override) for term in rules[key]] for key in _AFFINITY_LISTS if key in rules}
    return {**rules, **lists}


def _moved_weighted(term: Mapping[str, Any], override: Override) -> dict[str, Any]:
    """A preferred term wraps the plain one together with its weight."""
    if "podAffinityTerm" in term:
        return {**term, "podAffinityTerm": _moved_term(term["podAffinityTerm"], override)}
    return _moved_term(term, override)


def _moved_term(term: Mapping[str, Any], override: Override) -> dict[str, Any]:
    if "labelSelector" not in term:
        return dict(term)
    return {**term, "labelSelector": moved_selector(term["labelSelector"], override)}


def _canonical_name(labels: Mapping[str, str], deployment: str) -> str:
    """As Istio derives it: https://istio.io/latest/docs/reference/config/labels/."""
    names = (labels.get(key) for key in ("app.kubernetes.io/name", "app"))
    return label_value(next((name for name in names if name), deployment))
