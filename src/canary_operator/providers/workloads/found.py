"""Where a rollout's Deployments and Services are looked up."""

import asyncio

from canary_operator.api.rollout import Workload
from canary_operator.errors import CanaryError, Gone, Unavailable
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.resources import DEPLOYMENTS, DESTINATION_RULES, SERVICES
from canary_operator.providers.traffic.istio.subset_look import unlisted
from canary_operator.providers.workloads.marks import canary_name
from canary_operator.providers.workloads.problems import Applicant


class Found:
    """Deployments come from the store, Services from the API server. Raises Unavailable before the first list."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects) -> None:
        self._kubernetes = kubernetes
        self._objects = objects

    def stable(self, target: Target) -> Object | None:
        return self._deployment(target, workload_of(target).deployment_ref.name)

    def canary(self, target: Target) -> Object | None:
        """What stands at the canary's name, whoever made it."""
        return self._deployment(target, canary_name(workload_of(target).deployment_ref.name))

    def present(self, target: Target) -> Object:
        """The stable Deployment, where a write needs it; raises Gone."""
        deployment = self.stable(target)
        if deployment is None:
            raise Gone(f"Deployment {workload_of(target).deployment_ref.name} does not exist")
        return deployment

    async def applicant(self, target: Target, deployment: Object) -> Applicant:
        """Everything that decides whether this Deployment can have a canary."""
        service, canary_service = await asyncio.gather(
            self._kubernetes.get(SERVICES, target.namespace, target.spec.traffic.stable_service),
            self._canary_service(target),
        )
        canary, rule = self.canary(target), self.rule(target)
        return Applicant(target, workload_of(target), deployment, service, canary_service, canary, rule)

    def rule(self, target: Target) -> Object | None:
        """The DestinationRule of `subsets`."""
        if (subsets := target.spec.traffic.subsets) is None:
            return None
        if not self._objects.synced(DESTINATION_RULES):
            raise Unavailable(unlisted(self._objects))
        return self._objects.get(DESTINATION_RULES, target.namespace, subsets.destination_rule)

    async def _canary_service(self, target: Target) -> Object | None:
        """With subsets there is none."""
        if target.spec.traffic.subsets is not None:
            return None
        return await self._kubernetes.get(SERVICES, target.namespace, target.spec.canary_service)

    def _deployment(self, target: Target, name: str) -> Object | None:
        if not self._objects.synced(DEPLOYMENTS):
            raise Unavailable("the Deployments have not been listed yet")
        return self._objects.get(DEPLOYMENTS, target.namespace, name)


def workload_of(target: Target) -> Workload:
    """The workload of a rollout that has one."""
    if target.spec.workload is None:
        raise CanaryError(f"{target.key} has no workload, so nothing can be done to it")
    return target.spec.workload
