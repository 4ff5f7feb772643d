"""The Deployments in memory."""

from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.actions import Abandon, Adopt, EnsureCanary, Pause, RemoveCanary, Unpause
from canary_operator.core.world import CanaryFacts, DeploymentFacts, Endpoints, Missing, Unknown
from canary_operator.errors import Conflict, Gone
from canary_operator.ports import Target
from tests.doubles.memory.asked import asked
from tests.doubles.memory.calls import Look
from tests.doubles.memory.canary import MemoryCanary
from tests.doubles.memory.cluster import MemoryCluster
from tests.doubles.memory.deployment import MemoryDeployment


@dataclass(frozen=True, slots=True)
class MemoryWorkloads:
    cluster: MemoryCluster

    async def look_stable(self, target: Target) -> DeploymentFacts | Missing | Unknown | None:
        return None if target.spec.workload is None else asked(self.cluster, Look.STABLE, self._stable)

    async def look_canary(self, target: Target, *, pods: bool) -> CanaryFacts | Missing | Unknown | None:
        if target.spec.workload is None:
            return None
        return asked(self.cluster, Look.CANARY, lambda: self._canary(pods=pods))

    async def look_endpoints(self, target: Target) -> Endpoints | Unknown:
        ours = target.spec.workload is not None
        return asked(self.cluster, Look.ENDPOINTS, self._endpoints if ours else self._endpoints_of_others)

    async def perform(
        self, target: Target, action: Adopt | Abandon | Pause | Unpause | EnsureCanary | RemoveCanary
    ) -> None:
        assert target.uid == "u-1"
        self.cluster.calls.write(action, self._share, lambda: self._do(action))
        self.cluster.settle()

    def _share(self) -> Fraction:
        return self.cluster.share

    def _stable(self) -> DeploymentFacts | Missing:
        deployment = self.cluster.deployment
        return deployment.facts() if deployment.exists else Missing("Deployment shop/checkout")

    def _canary(self, *, pods: bool) -> CanaryFacts | Missing:
        canary = self.cluster.canary
        if canary is None:
            return Missing("Deployment shop/checkout-canary")
        return canary.facts(self.cluster.trouble if pods else None)

    def _endpoints(self) -> Endpoints:
        """Never more than the canary's own Deployment knows of."""
        canary = self.cluster.canary
        return Endpoints(
            self.cluster.deployment.available, 0 if canary is None else min(canary.endpoints, canary.ready)
        )

    def _endpoints_of_others(self) -> Endpoints:
        return Endpoints(self.cluster.deployment.available, 1 if self.cluster.canary_starts else 0)

    def _do(self, action: Adopt | Abandon | Pause | Unpause | EnsureCanary | RemoveCanary) -> bool:
        match action:
            case EnsureCanary():
                return self._ensure_canary(action)
            case RemoveCanary():
                there, self.cluster.canary = self.cluster.canary is not None, None
                return there
            case Abandon(unpause=unpause):
                return self._abandon(unpause=unpause)
            case Adopt():
                return self._adopt()
            case Pause(revision=revision):
                return self._pause(revision, paused=True)
            case Unpause(revision=revision):
                return self._pause(revision, paused=False)

    def _adopt(self) -> bool:
        deployment = self._present()
        before = (self.cluster.canary_service, deployment.adopted)
        self.cluster.canary_service = deployment.adopted = True
        return before != (True, True)

    def _remove_service(self) -> bool:
        there, self.cluster.canary_service = self.cluster.canary_service, False
        return there

    def _present(self) -> MemoryDeployment:
        if not self.cluster.deployment.exists:
            raise Gone("Deployment shop/checkout does not exist")
        return self.cluster.deployment

    def _with_template(self, revision: str) -> MemoryDeployment:
        if self._present().template != revision:
            raise Conflict(f"the template is {self._present().template}, not {revision}")
        return self._present()

    def _pause(self, revision: str, *, paused: bool) -> bool:
        deployment = self._with_template(revision)
        if deployment.paused == paused:
            return False
        deployment.edit(paused=paused)
        return True

    def _ensure_canary(self, action: EnsureCanary) -> bool:
        """A canary of another revision is removed first, and the new one follows in another pass."""
        present = self.cluster.canary
        if present is None:
            self._with_template(action.revision)
            self.cluster.canary = MemoryCanary(action.revision, action.replicas, self.cluster.now)
        elif present.revision != action.revision:
            self.cluster.canary = None
        elif present.replicas != action.replicas:
            present.scale(action.replicas, self.cluster.now)
        else:
            return False
        return True

    def _abandon(self, *, unpause: bool) -> bool:
        """Never lets a template through that came in since; our Service goes without the Deployment too."""
        deployment = self.cluster.deployment
        if not deployment.exists or not deployment.adopted:
            return self._remove_service()
        if unpause and deployment.paused and (deployment.pending or not deployment.seen):
            raise Conflict("the Deployment's template may not be the one that runs any more")
        deployment.adopted = False
        if unpause and deployment.paused:
            deployment.edit(paused=False)
        self._remove_service()
        return True
