import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from testbed.kubelet import play as module
from testbed.kubelet.addresses import Addresses
from testbed.kubelet.api import Api, Changed, Listed
from testbed.kubelet.node import Pods, Services
from testbed.kubelet.play import container_of
from testbed.kubelet.settings import INCIDENT
from testbed.kubelet.stage import Stage
from testbed.kubelet.targets import Targets

PORT = 18080
HOME = f"127.{64 + os.getpid() // 256 % 128}.{os.getpid() % 256}"
"""A block for each process, because two runs may share a machine."""
FIRST, SECOND = f"{HOME}.2", f"{HOME}.3"


class Recorder(Api):
    """An API server that takes everything."""

    def __init__(self) -> None:
        self.statuses: list[Mapping[str, Any]] = []
        self.deleted: list[str] = []

    async def patch_status(self, path: str, uid: str, status: Mapping[str, Any]) -> bool:
        assert path.endswith(uid)
        self.statuses.append(status)
        return True

    async def delete_now(self, path: str, uid: str) -> bool:
        assert path.endswith(uid)
        self.deleted.append(uid)
        return True


@pytest.fixture(autouse=True)
def short_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER", 0.3)


@pytest.fixture
def api() -> Recorder:
    return Recorder()


@pytest.fixture
async def pods(api: Recorder, tmp_path: Path) -> AsyncIterator[Pods]:
    """On loopback addresses, all of which can be bound everywhere."""
    targets = Targets(tmp_path / "pods.json")
    chance = Random(1)  # noqa: S311 - it must repeat, not surprise
    pods = Pods(Stage(api, Addresses(f"{HOME}.0/29"), targets, Services().all, chance))
    yield pods
    pods.see(Listed(()))
    await soon(lambda: not pods._plays)


def pod(name: str, image: str = "checkout:v1", node: str = "node-a", **metadata: Any) -> dict[str, Any]:
    spec = {"name": "app", "image": image, "ports": [{"containerPort": PORT}]}
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": name, **metadata},
        "spec": {"nodeName": node, "containers": [spec]},
    }


async def soon(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - what it waits for knows nothing of tests
            await asyncio.sleep(0.01)


async def answers(address: str) -> bool:
    try:
        _, writer = await asyncio.open_connection(address, PORT)
    except ConnectionError:  # refused; or reset, by a listener that closes at this very moment
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_a_bound_pod_runs_at_an_address_of_its_own(pods: Pods, api: Recorder) -> None:
    """It listens before its status says so; a pod without a node is left alone."""
    pods.see(Listed((pod("a"), pod("b"), pod("waiting", node=""))))
    await soon(lambda: len(api.statuses) == 2)
    assert {status["podIP"] for status in api.statuses} == {FIRST, SECOND}
    assert await answers(FIRST)
    assert pods.seen


async def test_a_deleted_pod_serves_on_for_a_moment(pods: Pods, api: Recorder) -> None:
    """On deletionTimestamp it still answers, then its object goes, then its port closes."""
    pods.see(Changed("ADDED", pod("a")))
    await soon(lambda: api.statuses)
    pods.see(Changed("MODIFIED", pod("a", deletionTimestamp="2026-01-01T00:00:00Z")))
    assert await answers(FIRST)
    await soon(lambda: api.deleted == ["a"])
    assert await answers(FIRST)
    await soon(lambda: not pods._plays)
    assert not await answers(FIRST)


async def test_a_pod_missing_from_a_fresh_list_is_gone(pods: Pods, api: Recorder) -> None:
    """Whatever was missed while the watch was broken, the list corrects."""
    pods.see(Listed((pod("a"), pod("b"))))
    await soon(lambda: len(api.statuses) == 2)
    pods.see(Listed((pod("b"),)))
    await soon(lambda: list(pods._plays) == ["b"])


async def test_a_pod_that_was_being_deleted_when_we_came_is_let_go(pods: Pods, api: Recorder) -> None:
    """A kubelet that starts late still finishes the deletions."""
    pods.see(Listed((pod("a", deletionTimestamp="2026-01-01T00:00:00Z"),)))
    await soon(lambda: api.deleted == ["a"])


async def test_a_pod_without_an_address_harms_nobody(pods: Pods, api: Recorder) -> None:
    """When the block is used up the others go on."""
    pods.see(Listed(tuple(pod(name) for name in "abcdefg")))
    await soon(lambda: len(api.statuses) == 5)
    assert await answers(FIRST)


async def test_a_port_that_is_taken_is_shown_in_the_status(pods: Pods, api: Recorder) -> None:
    """Two containers of one pod cannot have the same port; the message stands where users look."""
    twins = pod("a")
    twins["spec"]["containers"].append({**twins["spec"]["containers"][0], "name": "twin"})
    pods.see(Changed("ADDED", twins))
    await soon(lambda: api.statuses)
    first, second = api.statuses[0]["containerStatuses"]
    assert first["ready"]
    assert "address already in use" in second["state"]["waiting"]["message"]


async def test_a_pod_becomes_ready_by_itself(pods: Pods, api: Recorder) -> None:
    """The status is patched again when the pod's age changes it."""
    pods.see(Changed("ADDED", pod("a", "checkout:v1-r0.1")))
    await soon(lambda: len(api.statuses) == 2)
    assert [status["containerStatuses"][0]["ready"] for status in api.statuses] == [False, True]


async def status_of_an_answer(address: str) -> int:
    reader, writer = await asyncio.open_connection(address, PORT)
    writer.write(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1])


async def test_an_incident_comes_and_goes_with_its_annotation(pods: Pods, api: Recorder) -> None:
    """A running pod obeys it, a nonsensical one changes nothing, and without it the pod is well again."""
    pods.see(Changed("ADDED", pod("a")))
    await soon(lambda: api.statuses)
    statuses = []
    for annotations in ({INCIDENT: "100%"}, {INCIDENT: "everything"}, {}):
        pods.see(Changed("MODIFIED", pod("a", annotations=annotations)))
        statuses.append(await status_of_an_answer(FIRST))
    assert statuses == [500, 500, 200]


async def test_a_pod_that_starts_amid_an_incident_suffers_from_it(pods: Pods, api: Recorder) -> None:
    """A kubelet that comes later finds the annotation there."""
    pods.see(Listed((pod("a", annotations={INCIDENT: "100%"}),)))
    await soon(lambda: api.statuses)
    assert await status_of_an_answer(FIRST) == 500


async def test_a_crash_is_in_the_status(pods: Pods, api: Recorder) -> None:
    """Ready, then not, then ready again and restarted."""
    pods.see(Changed("ADDED", pod("a", "checkout:v1-k0.1")))
    await soon(lambda: len(api.statuses) >= 3)
    seen = [status["containerStatuses"][0] for status in api.statuses[:3]]
    assert [(one["ready"], one["restartCount"]) for one in seen] == [(True, 0), (False, 0), (True, 1)]


def test_a_container_that_ran_before_has_been_restarted() -> None:
    """Its process ended with the kubelet that played it; one that never ran has not."""
    spec = {"name": "app", "image": "checkout:v1"}

    def status(state: str) -> dict[str, Any]:
        return {"containerStatuses": [{"name": "app", "restartCount": 1, "state": {state: {}}}]}

    assert container_of(spec, status("running")).restarts == 2
    assert container_of(spec, status("waiting")).restarts == 1
    assert container_of(spec, {}).restarts == 0


def test_a_container_with_an_invalid_setting_keeps_its_message() -> None:
    """The kubelet goes on; the pod shows why it cannot start."""
    container = container_of({"name": "app", "image": "checkout:v1-e500"}, {})
    assert container.behaviour is None
    assert "ERROR_RATE" in container.problem
