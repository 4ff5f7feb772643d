"""The canary's subset in the user's DestinationRule: added before any pod of the canary, removed after the last one."""

import time

from canary_operator.api import reasons
from canary_operator.errors import Gone, InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import DESTINATION_RULES
from canary_operator.providers.stored import Stored
from canary_operator.providers.traffic.istio.subsets import (
    Labels,
    called,
    labels_of,
    operations,
    owner_of,
    rule_problem,
    with_subset,
    without_subset,
)
from canary_operator.providers.workloads.found import Found
from canary_operator.providers.workloads.subset_labels import shown

SETTLES_SECONDS = 1.0
"""So long a new subset may take to every proxy; nobody is sent to it before."""


class OwnSubset:
    """Without `subsets` in the spec there is nothing to do."""

    def __init__(self, kubernetes: Kubernetes, stored: Stored, found: Found) -> None:
        self._kubernetes, self._stored, self._found = kubernetes, stored, found
        self._added: dict[str, float] = {}

    def settles(self, target: Target) -> bool:
        """It was added a moment ago."""
        return time.monotonic() - self._added.get(target.uid, -SETTLES_SECONDS) < SETTLES_SECONDS

    def left(self, target: Target) -> bool:
        """It stands there, whoever its pods were."""
        subsets, rule = target.spec.traffic.subsets, self._found.rule(target)
        if subsets is None or rule is None:
            return False
        return owner_of(rule, subsets.canary) == target.key

    def reaches(self, target: Target, canary: Object) -> bool:
        """Whoever is sent to the subset gets this Deployment's pods."""
        if (subsets := target.spec.traffic.subsets) is None:
            return True
        labels = labels_of(self._found.rule(target), subsets.canary)
        return labels is not None and labels.items() <= _labels(canary).items()

    async def ensure(self, target: Target, canary: Object, stable: Object) -> None:
        """The subset of this Deployment's pods; one of the user's is used if it has them, and never changed."""
        if (subsets := target.spec.traffic.subsets) is None:
            return
        rule, labels, own = self._found.rule(target), _labels(canary), _by_which_they_differ(canary, stable)
        if problem := rule_problem(rule, target, subsets):
            raise InvalidCanary(problem.reason, problem.message)
        theirs = labels_of(rule, subsets.canary)
        if theirs is not None and owner_of(rule, subsets.canary) is None and not theirs.items() <= labels.items():
            have = shown({key: labels[key] for key in theirs if key in labels})
            selects = f"the subset {subsets.canary} of {called(target, subsets)} selects by {shown(theirs)}"
            message = f"{selects}, and the canary's pods have {have}; put its labels back"
            raise InvalidCanary(reasons.SUBSET_UNSUPPORTED, message)
        if rule is not None and (changes := operations(rule, with_subset(rule, subsets, own, target.key))):
            await self._stored.patch(DESTINATION_RULES, rule, changes)
            self._added[target.uid] = time.monotonic()

    async def remove(self, target: Target) -> None:
        """Read anew: at the end nothing of ours may stay because a list was not complete."""
        if (subsets := target.spec.traffic.subsets) is None:
            return
        self._added.pop(target.uid, None)
        rule = await self._kubernetes.get(DESTINATION_RULES, target.namespace, subsets.destination_rule)
        if rule is None:
            return
        rest = without_subset(rule, subsets.canary, target.key)
        try:
            await self._stored.patch(DESTINATION_RULES, rule, operations(rule, rest))
        except Gone:
            return


def _labels(deployment: Object) -> Labels:
    """Of its pods."""
    found: Labels = deployment["spec"]["template"]["metadata"].get("labels") or {}
    return found


def _by_which_they_differ(canary: Object, stable: Object) -> Labels:
    known = stable["spec"]["selector"].get("matchLabels") or {}
    return {key: value for key, value in canary["spec"]["selector"]["matchLabels"].items() if known.get(key) != value}
