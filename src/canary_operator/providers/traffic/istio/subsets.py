"""Subsets of the user's DestinationRule, and the one that we add to it for a run: pure.

An annotation of the rule says which subsets are ours, in the same patch that adds them:

    canary-operator.dev/subsets: {"canary": "shop/checkout"}
"""

import json
from collections.abc import Mapping
from typing import Any

from canary_operator.api import reasons
from canary_operator.api.model import GROUP
from canary_operator.api.rollout import Subsets
from canary_operator.core.world import Problem
from canary_operator.ports import Target
from canary_operator.providers import json_patch
from canary_operator.providers.json_patch import Operation, drop_metadata, put_metadata
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import resolved, service_host

ANNOTATION = f"{GROUP}/subsets"
Labels = Mapping[str, str]


def labels_of(rule: Object | None, subset: str) -> Labels | None:
    """By which it selects; None where there is no such subset."""
    found = next((one for one in _every(rule or {}) if one.get("name") == subset), None)
    return None if found is None else found.get("labels") or {}


def owner_of(rule: Object | None, subset: str) -> str | None:
    """The rollout that added it; None for one of the user's."""
    return _owners(rule or {}).get(subset)


def adding(rule: Object, subset: str, labels: Labels, rollout: str) -> tuple[Operation, ...]:
    """What makes our subset select by these labels; nothing where the user has one of this name."""
    present, owner = labels_of(rule, subset), owner_of(rule, subset)
    if present is not None and (owner != rollout or present == labels):
        return ()
    if present is not None:
        at = _place(rule, subset)
        return (_named(subset, at), json_patch.add(dict(labels), "spec", "subsets", at, "labels"))
    mark = put_metadata(rule, "annotations", ANNOTATION, _written({**_owners(rule), subset: rollout}))
    new = {"name": subset, "labels": dict(labels)}
    if _every(rule):
        return (*mark, json_patch.add(new, "spec", "subsets", "-"))
    return (*mark, json_patch.add([new], "spec", "subsets"))


def removing(rule: Object, subset: str, rollout: str) -> tuple[Operation, ...]:
    """What takes our subset away, and what we wrote about it; nothing where it is not ours."""
    if owner_of(rule, subset) != rollout:
        return ()
    others = {name: owner for name, owner in _owners(rule).items() if name != subset}
    mark = drop_metadata(rule, "annotations", ANNOTATION)
    if others:
        mark = put_metadata(rule, "annotations", ANNOTATION, _written(others))
    elif set(rule["metadata"]["annotations"]) == {ANNOTATION}:
        mark = (json_patch.remove("metadata", "annotations"),)
    if labels_of(rule, subset) is None:
        return mark
    at = _place(rule, subset)
    if len(_every(rule)) == 1:
        return (_named(subset, at), *mark, json_patch.remove("spec", "subsets"))
    return (_named(subset, at), *mark, json_patch.remove("spec", "subsets", at))


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
        f"{called(target, subsets)} has no subset {subsets.canary}, to which the route sent: all traffic is on "
        "stable. If a tool applies the manifest, let it ignore spec.subsets, or write the subset there yourself; "
        "then annotate resume=true to begin the stage anew"
    )
    return Problem(reasons.SUBSET_LOST, message)


def called(target: Target, subsets: Subsets) -> str:
    return f"DestinationRule {target.namespace}/{subsets.destination_rule}"


def _every(rule: Object) -> list[Mapping[str, Any]]:
    return (rule.get("spec") or {}).get("subsets") or []


def _place(rule: Object, subset: str) -> int:
    return next(at for at, one in enumerate(_every(rule)) if one.get("name") == subset)


def _named(subset: str, at: int) -> Operation:
    return json_patch.test(subset, "spec", "subsets", at, "name")


def _owners(rule: Object) -> dict[str, str]:
    """Subset → rollout; an annotation that can't be read says nothing."""
    try:
        found = json.loads(((rule.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION, "{}"))
    except ValueError:
        return {}
    return {str(name): str(owner) for name, owner in found.items()} if isinstance(found, dict) else {}


def _written(owners: Labels) -> str:
    return json.dumps(owners, separators=(",", ":"))
