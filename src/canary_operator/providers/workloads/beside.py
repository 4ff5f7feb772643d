"""What we create beside the user's workload: the canary Deployment and, where there is none, the canary Service."""

from canary_operator.core.actions import EnsureCanary
from canary_operator.core.world import Problem
from canary_operator.errors import Conflict, InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers.json_patch import add, same_object
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import DEPLOYMENTS, PODS, SERVICES
from canary_operator.providers.stored import Stored
from canary_operator.providers.workloads.canary import canary_deployment
from canary_operator.providers.workloads.canary_service import canary_service, renewing
from canary_operator.providers.workloads.found import Found
from canary_operator.providers.workloads.labels import Override, selector_text
from canary_operator.providers.workloads.marks import REVISION, annotation, is_ours
from canary_operator.providers.workloads.own_subset import OwnSubset
from canary_operator.providers.workloads.problems import (
    Applicant,
    canary_name_taken,
    find_problem,
    find_template_problem,
)
from canary_operator.providers.workloads.revision import revision_of


class Beside:
    """Ours to make and to remove; an object of somebody else's is used or refused, never changed."""

    def __init__(self, kubernetes: Kubernetes, stored: Stored, found: Found) -> None:
        self._kubernetes = kubernetes
        self._stored = stored
        self._found = found
        self._subset = OwnSubset(kubernetes, stored, found)

    @property
    def subset(self) -> OwnSubset:
        """Where the canary has no Service of its own."""
        return self._subset

    async def ensure_canary(self, target: Target, action: EnsureCanary) -> None:
        present = self._found.canary(target)
        if present is None or not is_ours(present, target):
            await self._create_canary(target, action)
        elif "deletionTimestamp" in present["metadata"]:
            raise Conflict("the canary is still being removed; a new one follows")
        elif annotation(present, REVISION) != action.revision:
            await self._stored.delete(DEPLOYMENTS, present)
            raise Conflict(f"the canary of another revision was removed; the one of {action.revision} follows")
        else:
            await self._keep_canary(target, action, present)

    async def _keep_canary(self, target: Target, action: EnsureCanary, present: Object) -> None:
        if target.spec.traffic.subsets is not None:
            await self._subset.ensure(target, present, self._found.present(target))
        if present["spec"].get("replicas", 1) != action.replicas:
            await self._stored.patch(DEPLOYMENTS, present, (add(action.replicas, "spec", "replicas"),))

    async def remove_canary(self, target: Target) -> None:
        present = self._found.canary(target)
        if present is not None and is_ours(present, target):
            await self._stored.delete(DEPLOYMENTS, present)
        await self._subset.remove(target)

    async def ensure_service(self, target: Target, deployment: Object) -> None:
        """Raises InvalidCanary for whatever keeps this Deployment from having a canary."""
        applicant = await self._found.applicant(target, deployment)
        _refuse(find_problem(applicant))
        await self._complete(applicant)

    async def remove_service(self, target: Target) -> None:
        if target.spec.traffic.subsets is not None:
            await self._subset.remove(target)
            return
        service = await self._kubernetes.get(SERVICES, target.namespace, target.spec.canary_service)
        if service is not None and is_ours(service, target):
            metadata = service["metadata"]
            await self._kubernetes.delete(SERVICES, target.namespace, metadata["name"], uid=metadata["uid"])

    async def _create_canary(self, target: Target, action: EnsureCanary) -> None:
        deployment = self._found.present(target)
        if revision_of(deployment["spec"]["template"]) != action.revision:
            raise Conflict(f"the Deployment's template is not revision {action.revision} any more")
        applicant = await self._found.applicant(target, deployment)
        _refuse(canary_name_taken(applicant) or find_template_problem(applicant))
        override = await self._complete(applicant)
        body = canary_deployment(target, deployment, override, action.replicas)
        await self._subset.ensure(target, body, deployment)
        await self._wait_for_the_last(target, selector_text(body["spec"]["selector"]))
        await self._stored.create(DEPLOYMENTS, body)

    async def _wait_for_the_last(self, target: Target, selector: str) -> None:
        """Pods of a removed canary take requests until the garbage collector has reached them."""
        pods = await self._kubernetes.list(PODS, target.namespace, labels=selector, metadata_only=True)
        if any("deletionTimestamp" not in pod["metadata"] for pod in pods):
            raise Conflict("pods of the canary before are still there; a new one follows")

    async def _complete(self, applicant: Applicant) -> Override:
        """Make the canary Service, or renew the one that we made; the label that it selects by."""
        override = applicant.override
        if isinstance(override, Problem):
            raise InvalidCanary(override.reason, override.message)
        if applicant.service is not None and applicant.target.spec.traffic.subsets is None:
            wanted = canary_service(applicant.target, applicant.service, override)
            await self._ensure_service(applicant, wanted)
        return override

    async def _ensure_service(self, applicant: Applicant, wanted: Object) -> None:
        present, target = applicant.canary_service, applicant.target
        if present is None:
            await self._kubernetes.create(SERVICES, target.namespace, dict(wanted))
        elif is_ours(present, target) and (changes := renewing(present, wanted)):
            name, seen = present["metadata"]["name"], present["metadata"]["resourceVersion"]
            tested = [*same_object(present), *changes]
            await self._kubernetes.patch(SERVICES, target.namespace, name, tested, seen=seen)


def _refuse(problem: Problem | None) -> None:
    if problem is not None:
        raise InvalidCanary(problem.reason, problem.message)
