"""`spec.workload.deploymentRef`: the user's Deployment and the canary beside it."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from canary_operator.api import reasons
from canary_operator.api.rollout import Subsets
from canary_operator.core.actions import Abandon, Adopt, EnsureCanary, Pause, RemoveCanary, Unpause
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Endpoints, Missing, Problem, Unknown
from canary_operator.errors import Conflict, Gone, Unavailable
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.resources import DEPLOYMENTS, ENDPOINT_SLICES, PODS, SERVICES
from canary_operator.providers.stored import Stored
from canary_operator.providers.traffic.istio.subsets import Labels, labels_of
from canary_operator.providers.workloads.adoption import Edit, adopting, giving_back, pausing, unpausing
from canary_operator.providers.workloads.autoscalers import Autoscalers
from canary_operator.providers.workloads.beside import Beside
from canary_operator.providers.workloads.endpoints import SERVICE_NAME, ready_endpoints, unlike_the_canary
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
            if target.spec.traffic.subsets is not None:
                return await self._look_subsets(target, target.spec.traffic.subsets)
            return await self._look_services(target)
        except Unavailable as error:
            return Unknown(str(error))

    async def _look_subsets(self, target: Target, subsets: Subsets) -> Endpoints | Unknown:
        """Both arms are endpoints of one Service, and the labels of their pods tell them apart."""
        if self._beside.subset.settles(target):
            return Unknown("the canary's subset was added a moment ago, and not every proxy may know it yet")
        service, rule = target.spec.traffic.stable_service, self._found.rule(target)
        slices = await self._kubernetes.list(ENDPOINT_SLICES, target.namespace, labels=f"{SERVICE_NAME}={service}")
        ready = [
            ready_endpoints(slices, service, await self._pods(target, labels_of(rule, name)))
            for name in (subsets.stable, subsets.canary)
        ]
        return Endpoints(ready[0], self._of_this_canary(target, ready[1]))

    async def _pods(self, target: Target, labels: Labels | None) -> frozenset[str]:
        """The uids of all pods with these labels; none where there is no subset."""
        if labels is None:
            return frozenset()
        wanted = selector_text({"matchLabels": labels})
        found = await self._kubernetes.list(PODS, target.namespace, labels=wanted, metadata_only=True)
        return frozenset(pod["metadata"]["uid"] for pod in found)

    async def _look_services(self, target: Target) -> Endpoints | Problem:
        stable, canary = target.spec.traffic.stable_service, target.spec.canary_service
        matched = target.spec.traffic.match_service
        services = (stable, canary) if matched is None else (stable, canary, matched)
        slices = await self._kubernetes.list(
            ENDPOINT_SLICES, target.namespace, labels=f"{SERVICE_NAME} in ({','.join(services)})"
        )
        ready = {service: ready_endpoints(slices, service) for service in services}
        given = services if target.spec.workload is None else services[2:]
        if missing := await self._missing_service(target, {service: ready[service] for service in given}):
            return Problem(reasons.SERVICE_NOT_FOUND, f"there is no Service {missing}; create it")
        if matched is not None and (problem := unlike_the_canary(matched, ready[matched], ready[canary])):
            return problem
        return Endpoints(ready[stable], self._of_this_canary(target, ready[canary]))

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

    def _of_this_canary(self, target: Target, ready: int) -> int:
        """Pods of a canary that was just removed are endpoints for a moment more; its Deployment knows its own."""
        if target.spec.workload is None:
            return ready
        canary = self._found.canary(target)
        return 0 if canary is None else min(ready, canary_facts(canary).ready)

    async def _missing_service(self, target: Target, ready: dict[str, int]) -> str | None:
        """A Service without endpoints may be one that does not exist."""
        for service in (name for name, count in ready.items() if not count):
            if await self._kubernetes.get(SERVICES, target.namespace, service) is None:
                return service
        return None

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
