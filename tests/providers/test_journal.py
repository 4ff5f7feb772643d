from typing import Any, cast

import pytest

from canary_operator.api.model import GROUP
from canary_operator.api.status import State, Status
from canary_operator.core.actions import Announce, RemoveVerb
from canary_operator.errors import Conflict, Gone
from canary_operator.ports import Identity
from canary_operator.providers.journal import FINALIZER, KubernetesJournal
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import ROLLOUTS
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.memory import NOON
from tests.doubles.objects import MemoryObjects

Body = dict[str, Any]
ROLLOUT = Identity("shop", "checkout", "uid-checkout")
ABORT = f"{GROUP}/abort"


class Desk:
    """A rollout, the store that knows it, and the journal about it."""

    def __init__(self) -> None:
        self.cluster = InMemoryKubernetes()
        self.objects = MemoryObjects()
        kubernetes = cast("Kubernetes", self.cluster)
        self.journal = KubernetesJournal(kubernetes, self.objects, now=lambda: NOON, identity="operator-0")

    def has(self, **metadata: Any) -> None:
        body = {"metadata": {"name": "checkout", "namespace": "shop", **metadata}, "spec": {"stages": []}}
        self.objects.put(ROLLOUTS, self.cluster.seed(ROLLOUTS, body))

    @property
    def body(self) -> Body:
        return self.cluster.objects["canaryrollouts", "shop", "checkout"]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_status_is_written_over_what_was_decided_on(desk: Desk) -> None:
    """In the API's own spelling, without what is not set, and known to the store at once."""
    desk.has()
    await desk.journal.record(ROLLOUT, Status(revision=1, state=State.RESTING, stable_revision="abc"))
    status = desk.body["status"]
    assert (status["revision"], status["state"], status["stableRevision"]) == (1, "Resting", "abc")
    assert "run" not in status
    assert desk.objects.get(ROLLOUTS, "shop", "checkout") == desk.body
    await desk.journal.record(ROLLOUT, Status(revision=2))
    assert "stableRevision" not in desk.body["status"]
    assert Status.model_validate(desk.body["status"]) == Status(revision=2)


async def test_a_status_of_an_older_copy_is_not_written(desk: Desk) -> None:
    """Somebody annotated the rollout since: the decision is made again with that in view."""
    desk.has()
    theirs = desk.cluster.seed(
        ROLLOUTS, {**desk.body, "metadata": {**desk.body["metadata"], "annotations": {ABORT: "1"}}}
    )
    with pytest.raises(Conflict):
        await desk.journal.record(ROLLOUT, Status(revision=1))
    assert "status" not in desk.body
    assert desk.objects.get(ROLLOUTS, "shop", "checkout") == theirs


@pytest.mark.parametrize("number", [1, 2, 4])
async def test_a_status_follows_the_one_that_was_decided_on(desk: Desk, number: int) -> None:
    """Another leader wrote meanwhile, and the store has heard of it: nothing of theirs is lost."""
    desk.has()
    desk.cluster.seed(ROLLOUTS, {**desk.body, "status": {"revision": 2, "state": "Staged"}})
    desk.objects.put(ROLLOUTS, desk.body)
    with pytest.raises(Conflict):
        await desk.journal.record(ROLLOUT, Status(revision=number))
    assert desk.body["status"]["state"] == "Staged"


async def test_another_rollout_of_the_name_is_not_written(desk: Desk) -> None:
    """Deleted and made anew it has another uid."""
    desk.has(uid="another")
    with pytest.raises(Gone):
        await desk.journal.record(ROLLOUT, Status())
    with pytest.raises(Gone):
        await desk.journal.set_finalizer(ROLLOUT, present=True)
    await desk.journal.set_finalizer(ROLLOUT, present=False)
    assert desk.cluster.writes == []


@pytest.mark.parametrize("others", [None, ["foreground"], ["a", "b"]])
async def test_our_finalizer_comes_and_goes_among_others(desk: Desk, others: list[str] | None) -> None:
    """Twice is once, and nobody else's is touched."""
    desk.has(**({"finalizers": others} if others else {}))
    for _ in range(2):
        await desk.journal.set_finalizer(ROLLOUT, present=True)
    assert desk.body["metadata"]["finalizers"] == [*(others or []), FINALIZER]
    for _ in range(2):
        await desk.journal.set_finalizer(ROLLOUT, present=False)
    assert desk.body["metadata"].get("finalizers", []) == (others or [])
    assert len(desk.cluster.writes) == 2


async def test_the_last_finalizer_lets_the_object_go(desk: Desk) -> None:
    """It is gone from the store by the same write; where it is gone already that is fine too."""
    desk.has(finalizers=[FINALIZER], deletionTimestamp="2026-01-01T00:00:00Z")
    await desk.journal.set_finalizer(ROLLOUT, present=False)
    assert desk.cluster.objects == {}
    assert desk.objects.bodies == {}
    await desk.journal.set_finalizer(ROLLOUT, present=False)


async def test_a_deletion_waits_for_the_finalizers_of_others(desk: Desk) -> None:
    """The object is still there, and so it is in the store."""
    desk.has(finalizers=[FINALIZER, "other"], deletionTimestamp="2026-01-01T00:00:00Z")
    await desk.journal.set_finalizer(ROLLOUT, present=False)
    assert desk.objects.get(ROLLOUTS, "shop", "checkout") == desk.body


@pytest.mark.parametrize(
    ("annotations", "left"),
    [
        ({ABORT: "true", "team": "shop"}, {"team": "shop"}),
        ({ABORT: "another run"}, {ABORT: "another run"}),
        ({"team": "shop"}, {"team": "shop"}),
    ],
    ids=["as read", "said anew", "gone"],
)
async def test_only_the_verb_that_was_read_is_removed(
    desk: Desk, annotations: dict[str, str], left: dict[str, str]
) -> None:
    """A second word that came meanwhile is heard in the next pass."""
    desk.has(annotations=annotations)
    await desk.journal.remove_verb(ROLLOUT, RemoveVerb("abort", "true"))
    assert desk.body["metadata"]["annotations"] == left


async def test_an_announcement_is_an_event(desk: Desk) -> None:
    """It goes where `kubectl describe` finds it."""
    await desk.journal.announce(ROLLOUT, Announce("RunStarted", "v2 follows v1"))
    (event,) = desk.cluster.objects.values()
    assert (event["reason"], event["regarding"]["uid"]) == ("RunStarted", "uid-checkout")
