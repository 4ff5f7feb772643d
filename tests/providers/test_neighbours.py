from typing import Any, cast

import pytest

from canary_operator.errors import Refused
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.neighbours import KubernetesNeighbours
from canary_operator.providers.resources import DEPLOYMENTS, DESTINATION_RULES, HTTP_ROUTES, SERVICES, VIRTUAL_SERVICES
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.shop import a_target, traffic_only


def an_object(name: str, namespace: str = "shop") -> dict[str, Any]:
    """As an item of a list, which does not say its kind."""
    return {"metadata": {"namespace": namespace, "name": name}, "spec": {}}


@pytest.fixture
def cluster() -> InMemoryKubernetes:
    cluster = InMemoryKubernetes()
    for resource in (VIRTUAL_SERVICES, HTTP_ROUTES, DESTINATION_RULES, SERVICES, DEPLOYMENTS):
        for name, namespace in (("checkout", "shop"), ("other", "shop"), ("checkout", "elsewhere")):
            cluster.seed(resource, an_object(name, namespace))
    return cluster


def seen(found: Any) -> list[str]:
    return [f"{one['kind']} {one['metadata']['namespace']}/{one['metadata']['name']}" for one in found]


async def test_routes_and_rules_of_the_namespace_and_what_the_rollout_names(cluster: InMemoryKubernetes) -> None:
    """Each says its kind; other namespaces are nobody's neighbours, and a Service that is not there is none."""
    neighbours = KubernetesNeighbours(cast("Kubernetes", cluster))
    routes = [f"{kind} shop/{name}" for kind in ("VirtualService", "HTTPRoute") for name in ("checkout", "other")]
    rules = ["DestinationRule shop/checkout", "DestinationRule shop/other"]
    both = [*routes, *rules, "Service shop/checkout"]
    assert seen(await neighbours.around(a_target())) == [*both, "Deployment shop/checkout"]
    assert seen(await neighbours.around(traffic_only(a_target()))) == both


async def test_a_kind_that_may_not_be_listed_is_left_out(cluster: InMemoryKubernetes) -> None:
    class Strict(InMemoryKubernetes):
        async def list(self, resource: Any, namespace: str | None, **selectors: Any) -> list[dict[str, Any]]:
            if resource == DESTINATION_RULES:
                raise Refused("destinationrules is forbidden")
            return await super().list(resource, namespace, **selectors)

    strict = Strict(objects=cluster.objects)
    found = seen(await KubernetesNeighbours(cast("Kubernetes", strict)).around(a_target()))
    assert not any(one.startswith("DestinationRule") for one in found)
    assert "VirtualService shop/other" in found
