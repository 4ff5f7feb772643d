"""The one label by which the subsets of a Service tell canary pods from stable pods.

The Deployment selects by it, so that no pod is two Deployments'; the Service does not, so that both are behind it; the
stable subset does, so that no canary pod is in it.
"""

from dataclasses import dataclass

from canary_operator.api import reasons
from canary_operator.api.rollout import Subsets
from canary_operator.core.world import Problem
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.subsets import Labels, called, labels_of, owner_of, rule_problem
from canary_operator.providers.workloads.labels import Override
from canary_operator.providers.workloads.marks import label_value

_USUAL = "version"


@dataclass(frozen=True, slots=True)
class Behind:
    """Everything that says which pods are behind the Service, and in which subset."""

    target: Target
    subsets: Subsets
    deployment: Object
    service: Object
    rule: Object | None

    @property
    def pods(self) -> Labels:
        """The labels of stable's pods."""
        return self.deployment["spec"]["template"]["metadata"].get("labels") or {}

    @property
    def selector(self) -> Labels:
        return self.deployment["spec"]["selector"].get("matchLabels") or {}

    @property
    def selected(self) -> Labels:
        """What the Service selects by."""
        return self.service["spec"].get("selector") or {}

    @property
    def stable(self) -> Labels:
        return labels_of(self.rule, self.subsets.stable) or {}

    @property
    def theirs(self) -> Labels | None:
        """Of a canary subset that is the user's."""
        ours = owner_of(self.rule, self.subsets.canary) == self.target.key
        return None if ours else labels_of(self.rule, self.subsets.canary)

    @property
    def keys(self) -> tuple[str, ...]:
        """Labels that will do, whatever the canary subset says."""
        by_expression = {one["key"] for one in self.deployment["spec"]["selector"].get("matchExpressions") or []}
        return tuple(sorted(self.selector.keys() & self.stable.keys() - by_expression - self.selected.keys()))


def choose_in_subsets(behind: Behind, asked: str | None) -> Override | Problem:
    """The label that the user asked for; else the only one that will do, or of several the usual one.

    Canary pods get the value that the user's own canary subset selects by, where there is one.
    """
    if problem := rule_problem(behind.rule, behind.target, behind.subsets):
        return problem
    if strange := _strange(behind.stable, behind.pods):
        return _no_pods(behind, behind.subsets.stable, "pod of stable", strange, behind.pods)
    keys, theirs = behind.keys, behind.theirs
    if theirs is not None:
        keys = tuple(key for key in keys if theirs.get(key, behind.pods[key]) != behind.pods[key])
    key = asked or (keys[0] if len(keys) == 1 else next((one for one in keys if one == _USUAL), None))
    if key not in keys:
        return _not_told_apart(behind, asked)
    stable = behind.pods[key]
    if theirs is None:
        return Override(key, stable, label_value(f"{stable}-canary"))
    canary = {**behind.pods, key: theirs[key]}
    if strange := _strange(theirs, canary):
        return _no_pods(behind, behind.subsets.canary, "pod of the canary", strange, canary)
    return Override(key, stable, theirs[key])


def _strange(wanted: Labels, pods: Labels) -> Labels:
    """What a subset selects by and the pods have not so."""
    return {key: value for key, value in wanted.items() if pods.get(key) != value}


def _no_pods(behind: Behind, name: str, which: str, strange: Labels, pods: Labels) -> Problem:
    have = shown({key: pods[key] for key in strange if key in pods})
    message = (
        f"the subset {name} of {called(behind.target, behind.subsets)} selects by {shown(strange)}, which no {which} "
        f"has ({have}); let its labels be those of the pods"
    )
    return Problem(reasons.SUBSET_UNSUPPORTED, message)


def _not_told_apart(behind: Behind, asked: str | None) -> Problem:
    """Some pod would be in both subsets, or behind no Service, or two Deployments would claim it."""
    subsets, theirs = behind.subsets, behind.theirs
    if len(behind.keys) > 1 and not asked and theirs is None:
        cure = f"set spec.workload.canaryLabel to one of {', '.join(behind.keys)}"
        return Problem(reasons.LABEL_NOT_FOUND, f"several labels could tell the two subsets apart: {cure}")
    also = (
        "" if theirs is None else f", and the subset {subsets.canary} must have another value of it ({shown(theirs)})"
    )
    message = (
        f"{called(behind.target, subsets)}: {f'the label {asked} does not tell' if asked else 'no label tells'} canary "
        f"pods from stable pods: the selector of Deployment {behind.deployment['metadata']['name']} "
        f"({shown(behind.selector)}) and the subset {subsets.stable} ({shown(behind.stable)}) must have one in common "
        f"that the selector of Service {behind.service['metadata']['name']} ({shown(behind.selected)}) has not{also}"
    )
    return Problem(reasons.LABEL_NOT_FOUND, message)


def shown(labels: Labels) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "none"
