"""A Deployment and its Service on an API server in memory."""

from dataclasses import dataclass, field
from typing import Any, cast

from canary_operator.errors import Unavailable
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import DEPLOYMENTS, ENDPOINT_SLICES, SERVICES, Resource
from canary_operator.providers.workloads.deployment import DeploymentWorkloads
from canary_operator.providers.workloads.marks import MANAGED_BY
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.objects import MemoryObjects
from tests.doubles.shop import a_deployment, a_service, a_target

Body = dict[str, Any]

MARKED = {MANAGED_BY: "shop/checkout"}


@dataclass
class Cluster(InMemoryKubernetes):
    """Also selects by a set, and can be silent."""

    silent: bool = False

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Body | None:
        self._listen()
        return await InMemoryKubernetes.get(self, resource, namespace, name)

    async def list(self, resource: Resource, namespace: str | None, **selection: Any) -> list[Body]:
        self._listen()
        if resource is ENDPOINT_SLICES:
            selection = {}
        return await InMemoryKubernetes.list(self, resource, namespace, **selection)

    def _listen(self) -> None:
        if self.silent:
            raise Unavailable("no answer")


@dataclass
class Shop:
    target: Target = field(default_factory=a_target)
    cluster: Cluster = field(default_factory=Cluster)
    objects: MemoryObjects = field(default_factory=MemoryObjects)

    def __post_init__(self) -> None:
        self.workloads = DeploymentWorkloads(cast("Kubernetes", self.cluster), self.objects)
        self.has(SERVICES, a_service())

    def has(self, resource: Resource, body: Body) -> Body:
        """It is in the cluster, and the watches have brought it."""
        stored = self.cluster.seed(resource, body)
        if resource is DEPLOYMENTS:
            self.objects.put(resource, stored)
        return stored

    def present(self, name: str = "checkout", resource: Resource = DEPLOYMENTS) -> Body | None:
        return self.cluster.objects.get((resource.plural, "shop", name))

    def somebody(self, name: str = "checkout", **spec: Any) -> None:
        """Another client writes; the store has not heard of it."""
        body = self.present(name)
        assert body is not None
        self.cluster.seed(DEPLOYMENTS, {**body, "spec": {**body["spec"], **spec}})

    def adopted(self, template: Body | None = None, **fields: Any) -> Body:
        """Marked for us; with another template it is paused and pending."""
        pending: Body = {"paused": True, "status": {"updatedReplicas": 0}} if template else {}
        return self.has(DEPLOYMENTS, a_deployment(template, annotations=MARKED, **(pending | fields)))
