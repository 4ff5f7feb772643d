"""Our client against a real API server: what each answer is to us."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from canary_operator.errors import Conflict, Gone, NotLeading, Refused, Unavailable
from canary_operator.providers.json_patch import add, remove, same_object
from canary_operator.providers.json_patch import test as expect
from canary_operator.providers.kubernetes import Kubernetes, connect
from canary_operator.providers.resources import DEPLOYMENTS, Resource
from testbed.cluster import Cluster
from tests.integration.clients import end

pytestmark = pytest.mark.integration
expect.__test__ = False  # type: ignore[attr-defined]

MAPS = Resource("", "v1", "configmaps", "ConfigMap")


@pytest.fixture
def calls() -> Counter[tuple[str, str, int]]:
    return Counter()


@pytest.fixture
async def kubernetes(cluster: Cluster, calls: Counter[tuple[str, str, int]]) -> AsyncIterator[Kubernetes]:
    def observe(verb: str, resource: Resource, code: int, seconds: float) -> None:
        assert seconds > 0
        calls[verb, resource.plural, code] += 1

    client = await connect(str(cluster.kubeconfig), None, may_write=lambda: True, observe=observe)
    yield client
    await end(client)


def a_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"is": name}}, "data": data}


def a_deployment(name: str) -> dict[str, Any]:
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "app:v1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod},
    }


async def test_an_object_lives_and_is_gone(kubernetes: Kubernetes, namespace: str) -> None:
    """What was created is read, patched and deleted; afterwards each of these says that there is nothing."""
    made = await kubernetes.create(MAPS, namespace, a_map("one", colour="red"))
    uid, seen = made["metadata"]["uid"], made["metadata"]["resourceVersion"]
    patched = await kubernetes.patch(
        MAPS, namespace, "one", [*same_object(made), add("blue", "data", "shape")], seen=seen
    )
    assert patched["data"] == {"colour": "red", "shape": "blue"}
    assert await kubernetes.get(MAPS, namespace, "one") == patched
    assert await kubernetes.delete(MAPS, namespace, "one", uid=uid)
    assert await kubernetes.get(MAPS, namespace, "one") is None
    assert not await kubernetes.delete(MAPS, namespace, "one", uid=uid)
    with pytest.raises(Gone):
        await kubernetes.patch(MAPS, namespace, "one", [add("blue", "data", "colour")], seen=seen)


async def test_a_name_that_is_taken_is_a_conflict(kubernetes: Kubernetes, namespace: str) -> None:
    """Creating what exists already is told apart from a refusal."""
    await kubernetes.create(MAPS, namespace, a_map("one"))
    with pytest.raises(Conflict):
        await kubernetes.create(MAPS, namespace, a_map("one"))


async def test_an_old_version_is_a_conflict(kubernetes: Kubernetes, namespace: str) -> None:
    """A patch that was computed from an older copy does nothing and says so."""
    old = await kubernetes.create(MAPS, namespace, a_map("one", colour="red"))
    seen = old["metadata"]["resourceVersion"]
    await kubernetes.patch(MAPS, namespace, "one", [add("blue", "data", "colour")], seen=seen)
    with pytest.raises(Conflict) as error:
        await kubernetes.patch(MAPS, namespace, "one", [*same_object(old), add("green", "data", "colour")], seen=seen)
    assert not isinstance(error.value, Gone)
    present = await kubernetes.get(MAPS, namespace, "one")
    assert present is not None
    assert present["data"] == {"colour": "blue"}


@pytest.mark.parametrize(
    "operations",
    [[expect("blue", "data", "colour")], [remove("data", "missing")], [add("no number", "spec", "replicas")]],
    ids=["failed test", "missing path", "invalid value"],
)
async def test_a_patch_that_is_wrong_by_itself_is_refused(
    kubernetes: Kubernetes, namespace: str, operations: list[dict[str, Any]]
) -> None:
    """Nobody else wrote, so trying the same again would fail the same way."""
    made = await kubernetes.create(DEPLOYMENTS, namespace, a_deployment("web"))
    await kubernetes.patch(DEPLOYMENTS, namespace, "web", [add(True, "spec", "paused")], seen=None)
    for _ in range(20):
        made = await kubernetes.get(DEPLOYMENTS, namespace, "web") or {}
        try:
            with pytest.raises(Refused):
                await kubernetes.patch(
                    DEPLOYMENTS, namespace, "web", operations, seen=made["metadata"]["resourceVersion"]
                )
        except Conflict:
            continue  # the controller wrote its status between our read and our patch
        return
    pytest.fail("the Deployment never came to rest")


async def test_an_unknown_field_is_refused(kubernetes: Kubernetes, namespace: str) -> None:
    """A misspelt field is an error, where the API server would by default drop it with a warning."""
    await kubernetes.create(DEPLOYMENTS, namespace, a_deployment("web"))
    with pytest.raises(Refused, match="replica"):
        await kubernetes.patch(DEPLOYMENTS, namespace, "web", [add(3, "spec", "replica")], seen=None)
    with pytest.raises(Refused, match="color"):
        await kubernetes.create(MAPS, namespace, {**a_map("one"), "color": "red"})


async def test_only_the_very_object_is_deleted(kubernetes: Kubernetes, namespace: str) -> None:
    """Another uid or another version under the same name stays."""
    made = await kubernetes.create(MAPS, namespace, a_map("one"))
    with pytest.raises(Conflict):
        await kubernetes.delete(MAPS, namespace, "one", uid="another")
    with pytest.raises(Conflict):
        await kubernetes.delete(MAPS, namespace, "one", uid=made["metadata"]["uid"], resource_version="1")
    assert await kubernetes.get(MAPS, namespace, "one") is not None


async def test_lists_select_and_are_complete(
    kubernetes: Kubernetes, namespace: str, monkeypatch: pytest.MonkeyPatch, calls: Counter[tuple[str, str, int]]
) -> None:
    """A list longer than one chunk is read to its end; selectors and metadata only are obeyed."""
    monkeypatch.setattr("canary_operator.providers.kubernetes.CHUNK", 2)
    for number in range(5):
        await kubernetes.create(MAPS, namespace, a_map(f"m{number}", number=str(number)))
    found = await kubernetes.list(MAPS, namespace, labels="is in (m0,m1,m2,m3,m4)")
    assert [body["data"]["number"] for body in found] == ["0", "1", "2", "3", "4"]
    assert calls["list", "configmaps", 200] == 3
    alone = await kubernetes.list(MAPS, namespace, fields="metadata.name=m3", metadata_only=True)
    assert [body["metadata"]["name"] for body in alone] == ["m3"]
    assert "data" not in alone[0]
    everywhere = await kubernetes.list(MAPS, None, labels="is=m0")
    assert namespace in {body["metadata"]["namespace"] for body in everywhere}


async def test_a_kind_is_served_or_not(kubernetes: Kubernetes) -> None:
    """Discovery tells a kind that exists from a plural or a group that does not."""
    assert await kubernetes.discover(DEPLOYMENTS)
    assert await kubernetes.discover(MAPS)
    assert not await kubernetes.discover(Resource("apps", "v1", "unheardof", "Unheard"))
    assert not await kubernetes.discover(Resource("nowhere.example", "v1", "things", "Thing"))


async def test_the_fence_is_asked_before_each_write(cluster: Cluster, namespace: str) -> None:
    """Without the right to write nothing is sent; reads go on, and the Lease loop's own client writes."""
    client = await connect(str(cluster.kubeconfig), None, may_write=lambda: False)
    try:
        with pytest.raises(NotLeading):
            await client.create(MAPS, namespace, a_map("one"))
        assert await client.get(MAPS, namespace, "one") is None
        assert await client.unfenced(timeout=2).create(MAPS, namespace, a_map("one"))
        with pytest.raises(NotLeading):
            await client.patch(MAPS, namespace, "one", [add("red", "data", "colour")], seen=None)
        with pytest.raises(NotLeading):
            await client.delete(MAPS, namespace, "one", uid="any")
    finally:
        await end(client)


async def test_access_opens_the_door_for_another_client(cluster: Cluster, kubernetes: Kubernetes) -> None:
    """Another client needs nothing but what `access` tells."""
    access = await kubernetes.access()
    assert (access.server, access.scheme) == (cluster.state.apiserver_url, "Bearer")
    assert access.token == cluster.state.admin_token


async def test_what_was_not_allowed_is_refused(cluster: Cluster, namespace: str) -> None:
    """A missing right is no outage: it stays until somebody grants it."""
    client = await connect(str(cluster.operator_kubeconfig), None, may_write=lambda: True)
    try:
        with pytest.raises(Refused, match="forbidden"):
            await client.get(Resource("", "v1", "secrets", "Secret"), namespace, "any")
    finally:
        await end(client)


async def test_a_slow_answer_is_unavailable(kubernetes: Kubernetes, namespace: str) -> None:
    """The timeout is for the whole call."""
    with pytest.raises(Unavailable):
        await kubernetes.unfenced(timeout=0.0001).get(MAPS, namespace, "one")
