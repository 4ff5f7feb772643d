"""How many pods of each arm take new requests, by what the API server says now."""

from canary_operator.api import reasons
from canary_operator.api.rollout import Subsets
from canary_operator.core.world import Endpoints, Problem, Unknown
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import ENDPOINT_SLICES, PODS, SERVICES
from canary_operator.providers.traffic.istio.subsets import Labels, labels_of
from canary_operator.providers.workloads.endpoints import SERVICE_NAME, ready_endpoints, unlike_the_canary
from canary_operator.providers.workloads.facts import canary_facts
from canary_operator.providers.workloads.found import Found
from canary_operator.providers.workloads.labels import selector_text
from canary_operator.providers.workloads.own_subset import OwnSubset


class CountedEndpoints:
    """Of two Services, or of the two subsets of one."""

    def __init__(self, kubernetes: Kubernetes, found: Found, subset: OwnSubset) -> None:
        self._kubernetes, self._found, self._subset = kubernetes, found, subset

    async def look(self, target: Target) -> Endpoints | Problem | Unknown:
        if target.spec.traffic.subsets is not None:
            return await self._of_subsets(target, target.spec.traffic.subsets)
        return await self._of_services(target)

    async def _of_subsets(self, target: Target, subsets: Subsets) -> Endpoints | Unknown:
        """The labels of their pods tell them apart."""
        if self._subset.settles(target):
            return Unknown("the canary's subset was added a moment ago, and not every proxy may know it yet")
        service, rule = target.spec.traffic.stable_service, self._found.rule(target)
        slices = await self._kubernetes.list(ENDPOINT_SLICES, target.namespace, labels=f"{SERVICE_NAME}={service}")
        stable, canary = [
            ready_endpoints(slices, service, await self._pods(target, labels_of(rule, name)))
            for name in (subsets.stable, subsets.canary)
        ]
        return Endpoints(stable, self._of_this_canary(target, canary))

    async def _pods(self, target: Target, labels: Labels | None) -> frozenset[str]:
        """The uids of all pods with these labels; none where there is no subset."""
        if labels is None:
            return frozenset()
        wanted = selector_text({"matchLabels": labels})
        found = await self._kubernetes.list(PODS, target.namespace, labels=wanted, metadata_only=True)
        return frozenset(pod["metadata"]["uid"] for pod in found)

    async def _of_services(self, target: Target) -> Endpoints | Problem:
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
