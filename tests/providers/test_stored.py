from typing import Any, cast

import pytest

from canary_operator.errors import Conflict, Gone
from canary_operator.providers.json_patch import add
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import DEPLOYMENTS
from canary_operator.providers.stored import Stored
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.objects import MemoryObjects
from tests.doubles.shop import a_deployment

Body = dict[str, Any]
PAUSE = (add(True, "spec", "paused"),)


@pytest.fixture
def cluster() -> InMemoryKubernetes:
    return InMemoryKubernetes()


@pytest.fixture
def objects() -> MemoryObjects:
    return MemoryObjects()


@pytest.fixture
def stored(cluster: InMemoryKubernetes, objects: MemoryObjects) -> Stored:
    return Stored(cast("Kubernetes", cluster), objects)


@pytest.fixture
def body(cluster: InMemoryKubernetes) -> Body:
    return dict(cluster.seed(DEPLOYMENTS, a_deployment()))


async def test_an_answer_is_the_newest_copy(stored: Stored, objects: MemoryObjects, body: Body) -> None:
    """Nobody waits for the watch to bring back what was just written."""
    answer = await stored.patch(DEPLOYMENTS, body, PAUSE)
    assert answer["spec"]["paused"]
    assert objects.get(DEPLOYMENTS, "shop", "checkout") == answer


async def test_nothing_to_change_is_not_sent(stored: Stored, cluster: InMemoryKubernetes, body: Body) -> None:
    """An edit without operations costs no call."""
    await stored.patch(DEPLOYMENTS, body, ())
    assert cluster.calls == []


async def test_a_late_write_does_nothing(
    stored: Stored, cluster: InMemoryKubernetes, objects: MemoryObjects, body: Body
) -> None:
    """A process that was frozen between decision and write meets another version, and reads it."""
    theirs = dict(cluster.seed(DEPLOYMENTS, a_deployment(replicas=9)))
    with pytest.raises(Conflict):
        await stored.patch(DEPLOYMENTS, body, PAUSE)
    assert objects.get(DEPLOYMENTS, "shop", "checkout") == theirs
    assert cluster.objects["deployments", "shop", "checkout"] == theirs


async def test_a_write_to_another_object_of_the_name_does_nothing(
    stored: Stored, cluster: InMemoryKubernetes, body: Body
) -> None:
    """Deleted and made anew it is not what was decided on: neither patched nor deleted."""
    again = a_deployment()
    again["metadata"]["uid"] = "another"
    cluster.seed(DEPLOYMENTS, again)
    with pytest.raises(Conflict):
        await stored.delete(DEPLOYMENTS, body)
    with pytest.raises(Conflict):
        await stored.patch(DEPLOYMENTS, body, PAUSE)
    assert "paused" not in cluster.objects["deployments", "shop", "checkout"]["spec"]


async def test_what_is_gone_leaves_the_store(
    stored: Stored, cluster: InMemoryKubernetes, objects: MemoryObjects, body: Body
) -> None:
    """A patch says so; a deletion is content."""
    cluster.objects.clear()
    objects.put(DEPLOYMENTS, body)
    with pytest.raises(Gone):
        await stored.patch(DEPLOYMENTS, body, PAUSE)
    assert objects.bodies == {}
    objects.put(DEPLOYMENTS, body)
    await stored.delete(DEPLOYMENTS, body)
    assert objects.bodies == {}


async def test_a_taken_name_is_read(stored: Stored, objects: MemoryObjects, body: Body) -> None:
    """Whoever has it, the next decision knows them."""
    with pytest.raises(Conflict):
        await stored.create(DEPLOYMENTS, a_deployment(replicas=1))
    assert objects.get(DEPLOYMENTS, "shop", "checkout") == body
