"""`spec.workload.deploymentRef`: the user's Deployment and the canary beside it."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from canary_operator.core.actions import Abandon, Adopt, EnsureCanary, Pause, RemoveCanary, Unpause
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Endpoints, Missing, Problem, Unknown
from canary_operator.errors import Conflict, Gone, Unavailable
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.resources import DEPLOYMENTS, PODS
from canary_operator.providers.stored import Stored
from canary_operator.providers.workloads.adoption import Edit, adopting, giving_back, pausing, unpausing
from canary_operator.providers.workloads.autoscalers import Autoscalers
from canary_operator.providers.workloads.beside import Beside
from canary_operator.providers.workloads.counted_endpoints import CountedEndpoints
from canary_operator.providers.workloads.facts import canary_facts, deployment_facts, is_seen
from canary_operator.providers.workloads.found import Found, workload_of
from canary_operator.providers.workloads.labels import selector_text
from canary_operator.providers.workloads.marks import is_ours
from canary_operator.providers.workloads.pods import find_restarts, find_trouble
from canary_operator.providers.workloads.problems import find_problem
from canary_operator.providers.workloads.revision import revision_of

_NOT_REMOVED_YET = CanaryFacts("", 0, 0)
"""Its Deployment is gone and its subset is not, or the other way round: no pod of it can be reached."""


class DeploymentWorkloads:
    """Implements `ports.Workloads`. A pass over an adopted rollout reads Deployments from the store alone."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects) -> None:
        self._kubernetes = kubernetes
        self._stored = Stored(kubernetes, objects)
        self._found = Found(kubernetes, objects)
        self._beside = Beside(kubernetes, self._stored, self._found)
        self._endpoints = CountedEndpoints(kubernetes, self._found, self._beside.subset)
        self._autoscalers = Autoscalers(kubernetes)

    async def look_stable(self, target: Target) -> DeploymentFacts | Problem | Missing | Unknown | None:
        if target.spec.workload is None:
            return None
        try:
            return await self._look_stable(target)
        except Unavailable as error:
            return Unknown(str(error))

    async def look_canary(self, target: Target, *, pods: bool) -> CanaryFacts | Missing | Unknown | None:
        if target.spec.workload is None:
            return None
        try:
            return await self._look_canary(target, pods=pods)
        except Unavailable as error:
            return Unknown(str(error))

    async def look_endpoints(self, target: Target) -> Endpoints | Problem | Unknown:
        try:
            return await self._endpoints.look(target)
        except Unavailable as error:
            return Unknown(str(error))

    async def perform(
        self, target: Target, action: Adopt | Abandon | Pause | Unpause | EnsureCanary | RemoveCanary
    ) -> None:
        """A rollout without a workload has nothing that could be changed."""
        if target.spec.workload is None:
            return
        match action:
            case Adopt():
                await self._adopt(target)
            case Abandon(unpause=unpause):
                await self._abandon(target, unpause=unpause)
            case Pause(revision=revision):
                await self._edit(target, revision, pausing)
            case Unpause(revision=revision):
                await self._edit(target, revision, unpausing)
            case EnsureCanary():
                await self._beside.ensure_canary(target, action)
            case RemoveCanary():
                await self._beside.remove_canary(target)
            case _:
                assert_never(action)

    async def _look_stable(self, target: Target) -> DeploymentFacts | Problem | Missing:
        name = workload_of(target).deployment_ref.name
        deployment = self._found.stable(target)
        if deployment is None:
            return Missing(f"Deployment {name}")
        facts = deployment_facts(deployment, target.key, autoscaled=False)
        if not facts.adopted and (problem := find_problem(await self._found.applicant(target, deployment))):
            return problem
        sized = await self._autoscalers.size(target.namespace, name, uid=target.uid, revision=facts.revision)
        return replace(facts, autoscaled=sized)

    async def _look_canary(self, target: Target, *, pods: bool) -> CanaryFacts | Missing:
        canary = self._found.canary(target)
        if canary is None or not is_ours(canary, target):
            return _NOT_REMOVED_YET if self._beside.subset.left(target) else Missing("the canary Deployment")
        facts = canary_facts(canary)
        if not self._beside.subset.reaches(target, canary):
            return replace(facts, replicas=0, ready=0)
        if not pods:
            return facts
        selector = selector_text(canary["spec"]["selector"])
        found = await self._kubernetes.list(PODS, target.namespace, labels=selector)
        return replace(facts, trouble=find_trouble(canary, found), restarts=find_restarts(found))

    async def _adopt(self, target: Target) -> None:
        """The Service first: the mark says that adoption is complete."""
        deployment = self._found.present(target)
        await self._beside.ensure_service(target, deployment)
        await self._stored.patch(DEPLOYMENTS, deployment, adopting(deployment, target))

    async def _abandon(self, target: Target, *, unpause: bool) -> None:
        deployment = self._found.stable(target)
        if deployment is not None:
            await self._give_back(target, deployment, unpause=unpause)
        await self._beside.remove_service(target)
        self._autoscalers.forget(target.uid)

    async def _give_back(self, target: Target, deployment: Object, *, unpause: bool) -> None:
        """A template that came in since the decision must not roll out unwatched."""
        facts = deployment_facts(deployment, target.key, autoscaled=False)
        if unpause and facts.adopted and facts.paused and (facts.pending or not is_seen(deployment)):
            raise Conflict("the Deployment's template may not be the one that runs any more")
        try:
            await self._stored.patch(DEPLOYMENTS, deployment, giving_back(deployment, target, unpause=unpause))
        except Gone:
            return

    async def _edit(self, target: Target, revision: str, edit: Callable[[Object], Edit]) -> None:
        """Change `paused` of exactly the Deployment whose template was decided on."""
        deployment = self._found.present(target)
        if revision_of(deployment["spec"]["template"]) != revision:
            raise Conflict(f"the Deployment's template is not revision {revision} any more")
        await self._stored.patch(DEPLOYMENTS, deployment, edit(deployment))
