"""What stands around a rollout in its namespace: read once for each run, never kept."""

from collections.abc import Sequence

from canary_operator.errors import Refused, Unavailable
from canary_operator.ports import Target
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import (
    DEPLOYMENTS,
    DESTINATION_RULES,
    HTTP_ROUTES,
    SERVICES,
    VIRTUAL_SERVICES,
    Resource,
)

_ALL = (VIRTUAL_SERVICES, HTTP_ROUTES, DESTINATION_RULES)


class KubernetesNeighbours:
    """Kinds that this cluster does not have, or that we may not list, are left out: nothing is said of them."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes

    async def around(self, target: Target) -> Sequence[Object]:
        found = [one for resource in _ALL for one in await self._every(resource, target.namespace)]
        traffic, workload = target.spec.traffic, target.spec.workload
        named = [(SERVICES, traffic.stable_service), (SERVICES, target.spec.canary_service)]
        if workload is not None:
            named.append((DEPLOYMENTS, workload.deployment_ref.name))
        return [*found, *[one for each in named for one in await self._one(*each, target.namespace)]]

    async def _every(self, resource: Resource, namespace: str) -> list[Object]:
        try:
            return [kinded(one, resource) for one in await self._kubernetes.list(resource, namespace)]
        except (Refused, Unavailable):
            return []

    async def _one(self, resource: Resource, name: str, namespace: str) -> list[Object]:
        found = await self._kubernetes.get(resource, namespace, name)
        return [] if found is None else [kinded(found, resource)]


def kinded(one: Object, resource: Resource) -> Object:
    """Items of a list do not say what they are."""
    return {**one, "apiVersion": resource.api_version, "kind": resource.kind}
