"""The journal on a real API server: what the CRD, the status door and the rules for events make of our writes."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from canary_operator.api.status import Condition, Outcome, PastRun, State, Status
from canary_operator.core.actions import Announce, RemoveVerb
from canary_operator.errors import Conflict
from canary_operator.ports import Identity
from canary_operator.providers.journal import FINALIZER, KubernetesJournal
from canary_operator.providers.kubernetes import Kubernetes, connect
from canary_operator.providers.resources import ROLLOUTS
from testbed.cluster import Cluster
from tests.doubles.objects import MemoryObjects
from tests.doubles.shop import a_target
from tests.integration.clients import end

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
CRDS = ROOT / "crds" / "canaryrollouts.canary-operator.dev.yaml"
NOW = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


class Desk:
    """A rollout in a real cluster, and the store that knows it."""

    def __init__(self, cluster: Cluster, namespace: str, kubernetes: Kubernetes) -> None:
        self._cluster = cluster
        self._kubernetes = kubernetes
        self.namespace = namespace
        self.objects = MemoryObjects()
        self.journal = KubernetesJournal(kubernetes, self.objects, now=lambda: NOW, identity="operator-0")

    async def open(self) -> None:
        spec = a_target().spec.model_dump(mode="json", by_alias=True, exclude_none=True)
        body = {
            "apiVersion": ROLLOUTS.api_version,
            "kind": ROLLOUTS.kind,
            "metadata": {"name": "checkout", "annotations": {"canary-operator.dev/abort": "true"}},
            "spec": spec,
        }
        self.kubectl("apply", "-f", "-", input=json.dumps(body))
        self.objects.put(ROLLOUTS, await self.body())
        self.rollout = Identity(self.namespace, "checkout", (await self.body())["metadata"]["uid"])

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 - called as in subprocess
        return self._cluster.kubectl("-n", self.namespace, *arguments, input=input)

    async def body(self) -> dict[str, Any]:
        body = await self._kubernetes.get(ROLLOUTS, self.namespace, "checkout")
        assert body is not None
        return body

    def events(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(self.kubectl("get", "events.events.k8s.io", "-o", "json"))["items"]
        return items


@pytest.fixture(scope="session")
def installed(cluster: Cluster) -> None:
    """The CustomResourceDefinition, served, and the operator's rights."""
    for file in ("namespace.yaml", "rbac.yaml"):
        cluster.kubectl("apply", "-f", str(ROOT / "deploy" / file))
    cluster.kubectl("apply", "--server-side", "-f", str(CRDS))
    cluster.kubectl("wait", "--for=condition=Established", "-f", str(CRDS), "--timeout=30s")


@pytest.fixture
async def desk(cluster: Cluster, namespace: str, installed: None) -> AsyncIterator[Desk]:  # noqa: ARG001 - in effect
    """Everything is done with the operator's own rights, so that a missing rule is found."""
    client = await connect(str(cluster.operator_kubeconfig), None, may_write=lambda: True)
    desk = Desk(cluster, namespace, client)
    await desk.open()
    yield desk
    await end(client)


def a_status(revision: int) -> Status:
    condition = Condition(
        type="Ready", status="False", reason="RolledBack", message="x", last_transition_time=NOW, observed_generation=1
    )
    past = PastRun(
        id="abc-1",
        revision="abc",
        outcome=Outcome.ROLLED_BACK,
        reason="Harm",
        message="5 of 100 failed",
        started_at=NOW,
        ended_at=NOW,
    )
    return Status(revision=revision, state=State.RESTING, conditions=(condition,), history=(past,), weight="0%")


async def test_a_status_comes_back_as_it_was_written(desk: Desk) -> None:
    """Strictly, so that no field of ours is unknown to the CRD; and twice, because the answer is the newest copy."""
    for revision in (1, 2):
        await desk.journal.record(desk.rollout, a_status(revision))
    assert Status.model_validate((await desk.body())["status"]) == a_status(2)


async def test_a_status_is_not_written_over_another_decision(desk: Desk) -> None:
    """An annotation since is a newer version, which the next decision must know."""
    desk.kubectl("annotate", "canaryrollout.canary-operator.dev/checkout", "team=shop")
    with pytest.raises(Conflict):
        await desk.journal.record(desk.rollout, a_status(1))
    assert "status" not in await desk.body()
    await desk.journal.record(desk.rollout, a_status(1))
    assert (await desk.body())["status"]["revision"] == 1


async def test_finalizer_and_verb_are_edited_in_place(desk: Desk) -> None:
    """The finalizer holds the object until it is taken off; the verb goes once it was heard."""
    await desk.journal.set_finalizer(desk.rollout, present=True)
    await desk.journal.remove_verb(desk.rollout, RemoveVerb("abort", "true"))
    metadata = (await desk.body())["metadata"]
    assert metadata["finalizers"] == [FINALIZER]
    assert "canary-operator.dev/abort" not in metadata.get("annotations", {})
    desk.kubectl("delete", "canaryrollout.canary-operator.dev/checkout", "--wait=false")
    desk.objects.put(ROLLOUTS, await desk.body())
    await desk.journal.set_finalizer(desk.rollout, present=False)
    assert desk.objects.bodies == {}
    assert desk.kubectl("get", "canaryrollouts.canary-operator.dev", "-o", "name") == ""


async def test_events_are_taken_and_counted(desk: Desk) -> None:
    """The API server accepts the event and its series, and describes the rollout with it."""
    for _ in range(2):
        await desk.journal.announce(desk.rollout, Announce("RolledBack", "5 of 100 failed", warning=True))
    (event,) = desk.events()
    assert (event["note"], event["type"], event["series"]["count"]) == ("5 of 100 failed", "Warning", 2)
    assert "5 of 100 failed" in desk.kubectl("describe", "canaryrollout.canary-operator.dev/checkout")
