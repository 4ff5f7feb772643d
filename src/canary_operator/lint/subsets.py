"""Pitfalls of rollouts that split between two subsets of one Service."""

from collections.abc import Iterator
from itertools import chain

from canary_operator.api.rollout import Subsets
from canary_operator.core.world import Problem
from canary_operator.lint.files import Files, Manifest, Pitfall, items, part, subject, texts
from canary_operator.lint.releases import routed, targets
from canary_operator.ports import Target
from canary_operator.providers.traffic.hosts import service_host
from canary_operator.providers.traffic.istio.destinations import resolved
from canary_operator.providers.traffic.istio.rules import KINDS
from canary_operator.providers.workloads.subset_preview import label_by_manifests

_MESH = "mesh"


def subset_unusable(files: Files) -> Iterator[Pitfall]:
    """In the operator's own words, as far as the files say; nothing where they have no DestinationRule."""
    for rollout, target, subsets in _split(files):
        rule = files.named("DestinationRule", target.namespace, subsets.destination_rule)
        if rule is None:
            continue
        found = label_by_manifests(target, subsets, rule, files.in_namespace(target.namespace))
        if isinstance(found, Problem):
            yield Pitfall("error", "subset-unusable", subject(rollout, files.namespace), found.message)


def whole_service_named(files: Files) -> Iterator[Pitfall]:
    """Pods of the canary are behind the Service before they have any weight."""
    for rollout, target, _ in _split(files):
        host = service_host(target.spec.traffic.stable_service, target.namespace)
        for route in files.of("VirtualService"):
            rules = chain.from_iterable(items(route, "spec", kind) for kind in KINDS)
            if any(_is_whole(each, host, files.namespace_of(route)) for rule in rules for each in items(rule, "route")):
                sentence = (
                    f"{subject(route, files.namespace)} sends to {target.spec.traffic.stable_service} without a "
                    "subset, and so to the canary's pods too, at any weight: name the stable subset there"
                )
                yield Pitfall("warning", "whole-service-named", subject(rollout, files.namespace), sentence)


def mesh_not_bound(files: Files) -> Iterator[Pitfall]:
    """A sidecar that no VirtualService tells otherwise takes any pod of the Service."""
    bound: dict[str, tuple[Manifest, bool]] = {}
    for rollout, target, route in routed(files):
        if target.spec.traffic.subsets is not None:
            gateways = texts(route, "spec", "gateways") or [_MESH]
            known = bound.get(target.key, (rollout, False))[1]
            bound[target.key] = rollout, known or _MESH in gateways
    for rollout, reached in bound.values():
        if not reached:
            sentence = (
                "none of its VirtualServices is for the mesh, so callers with sidecars get the canary's pods by chance "
                "at any weight: if there are such callers, add the gateway mesh to one, and the Service to its hosts"
            )
            yield Pitfall("warning", "mesh-not-bound", subject(rollout, files.namespace), sentence)


def _split(files: Files) -> Iterator[tuple[Manifest, Target, Subsets]]:
    for rollout, target in targets(files):
        if (subsets := target.spec.traffic.subsets) is not None:
            yield rollout, target, subsets


def _is_whole(destination: Manifest, host: str, namespace: str) -> bool:
    named = part(destination, "destination", "host")
    whole = isinstance(named, str) and resolved(named, namespace) == host
    return whole and not part(destination, "destination", "subset")


RULES = (subset_unusable, whole_service_named, mesh_not_bound)
