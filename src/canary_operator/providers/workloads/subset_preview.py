"""What manifests say of the subsets that a rollout would be split between, without an API server."""

from collections.abc import Callable, Mapping
from typing import Any

from canary_operator.api import reasons
from canary_operator.api.rollout import Subsets
from canary_operator.core.world import Problem
from canary_operator.ports import Target
from canary_operator.providers.traffic.istio.subset_shape import misshapen
from canary_operator.providers.traffic.istio.subsets import called, rule_problem
from canary_operator.providers.workloads.labels import Override
from canary_operator.providers.workloads.selecting_shape import readable
from canary_operator.providers.workloads.subset_labels import Behind, choose_in_subsets

Manifest = Mapping[str, Any]


def label_by_manifests(
    target: Target, subsets: Subsets, rule: Manifest, named: Callable[[str, str], Manifest | None]
) -> Override | Problem | None:
    """What tells the pods apart, or why nothing does; None where too little is there to tell.

    `named` looks up a manifest of the rollout's namespace by kind and name.
    """
    if (complaint := misshapen(rule)) is not None:
        return Problem(reasons.SUBSET_UNSUPPORTED, f"{called(target, subsets)}: {complaint}")
    if problem := rule_problem(rule, target, subsets):
        return problem
    workload, service = target.spec.workload, named("Service", target.spec.traffic.stable_service)
    deployment = None if workload is None else named("Deployment", workload.deployment_ref.name)
    if workload is None or service is None or deployment is None or not readable(deployment, service):
        return None
    return choose_in_subsets(Behind(target, subsets, deployment, service, rule), workload.canary_label)
