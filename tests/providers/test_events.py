from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from canary_operator.core.actions import Announce
from canary_operator.errors import Unavailable
from canary_operator.ports import Identity
from canary_operator.providers.events import Events
from canary_operator.providers.kubernetes import Kubernetes
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.memory import NOON

ROLLOUT = Identity("shop", "checkout", "uid-checkout")
STARTED = Announce("RunStarted", "v2 follows v1")


class Desk:
    def __init__(self) -> None:
        self.now: datetime = NOON
        self.cluster = InMemoryKubernetes()
        self.events = Events(cast("Kubernetes", self.cluster), now=lambda: self.now, identity="operator-0")

    @property
    def told(self) -> list[dict[str, Any]]:
        return list(self.cluster.objects.values())

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_an_event_says_who_what_and_when(desk: Desk) -> None:
    """All that events.k8s.io asks for, about the very rollout."""
    await desk.events.tell(ROLLOUT, Announce("RolledBack", "5 of 100 failed", warning=True))
    (event,) = desk.told
    assert event["metadata"]["name"].startswith("checkout.")
    assert event["eventTime"] == "2026-01-01T12:00:00.000000Z"
    assert (event["type"], event["reason"], event["note"]) == ("Warning", "RolledBack", "5 of 100 failed")
    assert (event["reportingController"], event["reportingInstance"]) == ("canary-operator.dev", "operator-0")
    assert event["regarding"]["uid"] == "uid-checkout"


async def test_the_same_story_is_counted(desk: Desk) -> None:
    """Again within minutes it is the same event, with a count and the time of the last."""
    for _ in range(3):
        await desk.events.tell(ROLLOUT, STARTED)
        desk.wait(minutes=9)
    (event,) = desk.told
    assert event["series"] == {"count": 3, "lastObservedTime": "2026-01-01T12:18:00.000000Z"}


@pytest.mark.parametrize(
    ("rollout", "action", "minutes"),
    [
        (ROLLOUT, STARTED, 11),
        (ROLLOUT, Announce("RunStarted", "v3 follows v1"), 1),
        (ROLLOUT, Announce("StageStarted", "v2 follows v1"), 1),
        (Identity("shop", "checkout", "uid-another"), STARTED, 1),
    ],
    ids=["later", "another message", "another reason", "another rollout"],
)
async def test_another_story_is_told_anew(desk: Desk, rollout: Identity, action: Announce, minutes: float) -> None:
    """Each has an event of its own."""
    await desk.events.tell(ROLLOUT, STARTED)
    desk.wait(minutes)
    await desk.events.tell(rollout, action)
    assert len(desk.told) == 2
    assert not any("series" in event for event in desk.told)


async def test_an_event_that_cannot_be_written_is_dropped(desk: Desk) -> None:
    """Nothing is raised, and the next time it is told anew."""

    def outage() -> None:
        raise Unavailable("no answer")

    desk.cluster.before_write = outage
    await desk.events.tell(ROLLOUT, STARTED)
    assert desk.told == []
    await desk.events.tell(ROLLOUT, STARTED)
    assert len(desk.told) == 1


async def test_an_event_that_expired_is_told_anew(desk: Desk) -> None:
    """The API server forgets events after an hour or less; then there is nothing to count on."""
    await desk.events.tell(ROLLOUT, STARTED)
    desk.cluster.objects.clear()
    await desk.events.tell(ROLLOUT, STARTED)
    desk.wait(minutes=1)
    await desk.events.tell(ROLLOUT, STARTED)
    assert len(desk.told) == 1


async def test_long_words_are_cut_to_what_the_api_takes(desk: Desk) -> None:
    """A note has at most 1024 bytes, a name 253 characters, whatever the alphabet."""
    await desk.events.tell(Identity("shop", "a" * 253, "u"), Announce("RunStarted", "ü" * 2000))
    (event,) = desk.told
    assert len(event["note"].encode()) <= 1024
    assert len(event["metadata"]["name"]) <= 253


async def test_memory_is_bounded(desk: Desk) -> None:
    """A thousand stories are remembered; the oldest is forgotten, and told anew."""
    for number in range(1001):
        desk.wait(minutes=0.001)
        await desk.events.tell(ROLLOUT, Announce("RunStarted", str(number)))
    await desk.events.tell(ROLLOUT, Announce("RunStarted", "1000"))
    assert len(desk.told) == 1001
    desk.wait(minutes=0.001)
    await desk.events.tell(ROLLOUT, Announce("RunStarted", "0"))
    assert len(desk.told) == 1002
