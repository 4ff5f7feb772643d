"""Why a Deployment can't be adopted: an ordered list of checks, of which the first bad news answers."""

from collections.abc import Callable
from dataclasses import dataclass

from canary_operator.api import reasons
from canary_operator.api.rollout import Workload
from canary_operator.core.world import Problem
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.workloads.facts import deployment_facts
from canary_operator.providers.workloads.labels import Override, choose_override
from canary_operator.providers.workloads.marks import LEFT_PAUSED, MANAGED_BY, annotation, canary_name, is_ours
from canary_operator.providers.workloads.subset_labels import Behind, choose_in_subsets


@dataclass(frozen=True, slots=True)
class Applicant:
    """All that the checks look at."""

    target: Target
    workload: Workload
    deployment: Object
    service: Object | None
    canary_service: Object | None
    canary: Object | None
    """What stands where the canary Deployment will."""
    rule: Object | None = None
    """The DestinationRule of `subsets`."""

    @property
    def name(self) -> str:
        return f"Deployment {self.deployment['metadata']['name']}"

    @property
    def override(self) -> Override | Problem:
        """For the checks after `stable_service_missing`."""
        service, subsets = self.service or {"spec": {}}, self.target.spec.traffic.subsets
        if subsets is None:
            return choose_override(self.deployment, service, self.workload.canary_label)
        behind = Behind(self.target, subsets, self.deployment, service, self.rule)
        return choose_in_subsets(behind, self.workload.canary_label)


def find_problem(applicant: Applicant) -> Problem | None:
    """What the user must change before this Deployment is adopted."""
    found = (check(applicant) for check in CHECKS)
    return next((problem for problem in found if problem), None)


def find_template_problem(applicant: Applicant) -> Problem | None:
    """What keeps the pods of the present template from running twice."""
    return volume_claimed(applicant) or host_port_taken(applicant)


def marked_by_another(applicant: Applicant) -> Problem | None:
    mark = annotation(applicant.deployment, MANAGED_BY)
    if mark in {None, applicant.target.key}:
        return None
    cure = f"delete that one, or remove the annotation {MANAGED_BY} if it does not exist any more"
    return Problem(reasons.ADOPTION_REFUSED, f"{applicant.name} belongs to the CanaryRollout {mark}; {cure}")


def paused_by_another(applicant: Applicant) -> Problem | None:
    """Paused with nothing to wait for: somebody wants it so, unless it was us who left it paused."""
    deployment = applicant.deployment
    facts = deployment_facts(deployment, applicant.target.key, autoscaled=False)
    if facts.adopted or not (facts.paused and facts.rolled_out) or annotation(deployment, LEFT_PAUSED):
        return None
    cure = f"`kubectl rollout resume deployment/{deployment['metadata']['name']}` gives the field to the operator"
    return Problem(reasons.ADOPTION_REFUSED, f"{applicant.name} is paused by somebody else; {cure}")


def volume_claimed(applicant: Applicant) -> Problem | None:
    for volume in applicant.deployment["spec"]["template"]["spec"].get("volumes") or []:
        claim = volume.get("persistentVolumeClaim")
        if claim and not claim.get("readOnly"):
            return Problem(
                reasons.WORKLOAD_UNSUPPORTED,
                f"volume {volume['name']} of {applicant.name} writes to the PersistentVolumeClaim "
                f"{claim['claimName']}, which stable and canary pods would share; mount it readOnly, or use an "
                "ephemeral volume",
            )
    return None


def host_port_taken(applicant: Applicant) -> Problem | None:
    for container in applicant.deployment["spec"]["template"]["spec"]["containers"]:
        for port in container.get("ports") or []:
            if port.get("hostPort"):
                return Problem(
                    reasons.WORKLOAD_UNSUPPORTED,
                    f"container {container['name']} of {applicant.name} takes port {port['hostPort']} of its node, "
                    "where no canary pod finds room beside it; remove hostPort (or hostNetwork) and use the Service",
                )
    return None


def stable_service_missing(applicant: Applicant) -> Problem | None:
    if applicant.service is not None:
        return None
    name = applicant.target.spec.traffic.stable_service
    return Problem(reasons.SERVICE_NOT_FOUND, f"spec.traffic.stableService: there is no Service {name}; create it")


def stable_service_unfit(applicant: Applicant) -> Problem | None:
    """Istio sends to the pods of a headless Service by their own addresses, so a second one would not be asked."""
    name, spec = applicant.target.spec.traffic.stable_service, (applicant.service or {"spec": {}})["spec"]
    if spec.get("type") == "ExternalName":
        what = "is of type ExternalName, which has no pods"
    elif spec.get("clusterIP") == "None":
        what = "is headless"
    else:
        return None
    cure = "name a Service with a cluster IP in front of the same pods"
    return Problem(reasons.SERVICE_UNSUPPORTED, f"spec.traffic.stableService: Service {name} {what}; {cure}")


def label_missing(applicant: Applicant) -> Problem | None:
    override = applicant.override
    return override if isinstance(override, Problem) else None


def canary_service_unfit(applicant: Applicant) -> Problem | None:
    """A canary Service of the user's must select the pods that we are going to make, and only them."""
    service, override = applicant.canary_service, applicant.override
    if service is None or isinstance(override, Problem) or is_ours(service, applicant.target):
        return None
    stable = applicant.deployment["spec"]["template"]["metadata"]["labels"]
    wanted = (service["spec"].get("selector") or {}).items()
    if wanted and wanted <= {**stable, override.key: override.canary}.items() and not wanted <= stable.items():
        return None
    return Problem(
        reasons.SERVICE_UNSUPPORTED,
        f"Service {service['metadata']['name']} does not select exactly the canary pods; delete it and the operator "
        f'makes one, or let it select {override.key}: "{override.canary}"',
    )


def canary_name_taken(applicant: Applicant) -> Problem | None:
    if applicant.canary is None or is_ours(applicant.canary, applicant.target):
        return None
    name = canary_name(applicant.deployment["metadata"]["name"])
    return Problem(reasons.CANARY_NAME_TAKEN, f"there is a Deployment {name} that is not ours; rename or delete it")


CHECKS: tuple[Callable[[Applicant], Problem | None], ...] = (
    marked_by_another,
    paused_by_another,
    volume_claimed,
    host_port_taken,
    stable_service_missing,
    stable_service_unfit,
    label_missing,
    canary_service_unfit,
    canary_name_taken,
)
