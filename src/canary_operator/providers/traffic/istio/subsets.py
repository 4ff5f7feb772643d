"""Subsets of the user's DestinationRule, and the one that we add to it for a run: pure.

An annotation of the rule says which subsets are ours, in the same patch that adds them:

    canary-operator.dev/subsets: {"canary": "shop/checkout"}
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from canary_operator.api import reasons
from canary_operator.api.model import GROUP
from canary_operator.api.rollout import Subsets
from canary_operator.core.world import Problem
from canary_operator.ports import Target
from canary_operator.providers import json_patch
from canary_operator.providers.json_patch import Operation
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic import patch
from canary_operator.providers.traffic.annotation import with_annotations
from canary_operator.providers.traffic.hosts import service_host
from canary_operator.providers.traffic.istio.destinations import resolved
from canary_operator.providers.traffic.patch import Path

ANNOTATION = f"{GROUP}/subsets"
Labels = Mapping[str, str]


def labels_of(rule: Object | None, subset: str) -> Labels | None:
    """By which it selects; None where there is no such subset."""
    found = next((one for one in _every(rule or {}) if one.get("name") == subset), None)
    return None if found is None else found.get("labels") or {}


def owner_of(rule: Object | None, subset: str) -> str | None:
    """The rollout that added it; None for one of the user's."""
    return _owners(rule or {}).get(subset)


def with_subset(rule: Object, subsets: Subsets, labels: Labels, rollout: str) -> Object:
    """With the canary's subset, which is stable's with these labels; one that the user has stays as it is."""
    present, owner = labels_of(rule, subsets.canary), owner_of(rule, subsets.canary)
    if present is not None and owner != rollout:
        return rule
    policies = next((one for one in _every(rule) if one.get("name") == subsets.stable), {})
    new = {**policies, "name": subsets.canary, "labels": dict(labels)}
    at = next((at for at, one in enumerate(_every(rule)) if one.get("name") == subsets.canary), len(_every(rule)))
    return _marked(
        _with(rule, [*_every(rule)[:at], new, *_every(rule)[at + 1 :]]), {**_owners(rule), new["name"]: rollout}
    )


def without_subset(rule: Object, subset: str, rollout: str) -> Object:
    """Without a subset of ours, and what we wrote about it; anybody else's stays."""
    if owner_of(rule, subset) != rollout:
        return rule
    rest = [one for one in _every(rule) if one.get("name") != subset]
    others = {name: owner for name, owner in _owners(rule).items() if name != subset}
    return _marked(_with(rule, rest), others)


def operations(before: Object, after: Object) -> list[Operation]:
    """The JSON Patch that makes one DestinationRule out of another."""
    return patch.operations(before, after, _Names())


class _Names:
    """Subsets go by their names; whatever else stands in a list is compared as a whole."""

    def identity(self, element: Any) -> str:
        return str(element["name"]) if isinstance(element, dict) and "name" in element else json.dumps(element)

    def tests(self, element: Any, path: Path) -> Iterator[Operation]:
        if isinstance(element, dict) and "name" in element:
            yield json_patch.test(element["name"], *path, "name")


def rule_problem(rule: Object | None, target: Target, subsets: Subsets) -> Problem | None:
    """Why nobody could be sent to a subset of this rule."""
    where, service = called(target, subsets), target.spec.traffic.stable_service
    if rule is None:
        cure = "create it, or correct subsets.destinationRule"
        return Problem(reasons.DESTINATION_RULE_NOT_FOUND, f"{where} does not exist; {cure}")
    host = str((rule.get("spec") or {}).get("host", ""))
    if resolved(host, target.namespace) != service_host(service, target.namespace):
        complaint = f"{where} is for the host {host}, and stableService is {service}; let them be the same"
        return Problem(reasons.DESTINATION_RULE_NOT_FOUND, complaint)
    if labels_of(rule, subsets.stable) is None:
        there = ", ".join(str(one.get("name")) for one in _every(rule)) or "none"
        cure = "add it, with labels that only stable's pods have, or correct subsets.stable"
        message = f"{where} has no subset {subsets.stable} (there are: {there}), to which stable's traffic goes; {cure}"
        return Problem(reasons.SUBSET_UNSUPPORTED, message)
    owner = owner_of(rule, subsets.canary)
    if owner not in {None, target.key} and labels_of(rule, subsets.canary) is not None:
        cure = f"name another one, or remove its entry from the annotation {ANNOTATION} if {owner} does not exist"
        message = f"the subset {subsets.canary} of {where} is the CanaryRollout {owner}'s; {cure}"
        return Problem(reasons.SUBSET_UNSUPPORTED, message)
    return None


def subset_lost(target: Target, subsets: Subsets) -> Problem:
    """Its traffic meets 503s."""
    message = (
        f"{called(target, subsets)} has no subset {subsets.canary}, and the route sends to it, where nobody answers: "
        "put it back, or if a tool applies the manifest, let it ignore spec.subsets"
    )
    return Problem(reasons.SUBSET_LOST, message)


def called(target: Target, subsets: Subsets) -> str:
    return f"DestinationRule {target.namespace}/{subsets.destination_rule}"


def _every(rule: Object) -> list[Mapping[str, Any]]:
    return (rule.get("spec") or {}).get("subsets") or []


def _with(rule: Object, every: list[Mapping[str, Any]]) -> Object:
    rest = {key: value for key, value in rule["spec"].items() if key != "subsets"}
    return {**rule, "spec": {**rest, "subsets": every} if every else rest}


def _marked(rule: Object, owners: Labels) -> Object:
    rest = {key: value for key, value in (rule["metadata"].get("annotations") or {}).items() if key != ANNOTATION}
    return with_annotations(rule, rest | {ANNOTATION: json.dumps(owners, separators=(",", ":"))} if owners else rest)


def _owners(rule: Object) -> dict[str, str]:
    """Subset → rollout; an annotation that can't be read says nothing."""
    try:
        found = json.loads(((rule.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION, "{}"))
    except ValueError:
        return {}
    return {str(name): str(owner) for name, owner in found.items()} if isinstance(found, dict) else {}
