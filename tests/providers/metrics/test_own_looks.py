"""A query that finds nothing, and the hint that goes with it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics import own_looks
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.own_looks import OwnLooks
from canary_operator.providers.metrics.watchlist import Watched
from tests.providers.metrics.answers import ARMS, SURVEY
from tests.providers.metrics.own import QUEUE, asked

LOST = "Prometheus has nothing for the baseline: sum by(pod)(queue"


class Server:
    """Has no series; what it says of the metric's name may change, or fail."""

    def __init__(self) -> None:
        self.there: Sequence[Any] | Exception = []
        self.hints = 0

    def ask(self, query: str) -> Sequence[Any]:
        if not query.startswith("topk"):
            return []
        self.hints += 1
        if isinstance(self.there, Exception):
            raise self.there
        return self.there

    def close(self) -> None: ...


async def complaints_until(server: Server, holds: Callable[[str], bool]) -> str:
    """Looks follow each other until the complaint is as it should be."""
    looks = OwnLooks(ProviderConfig(name="p", address="http://p", timeout=timedelta(seconds=1)), server)
    watched = Watched(ARMS, survey=SURVEY, queries=(asked(QUEUE),))
    task = asyncio.create_task(looks.run())
    try:
        async with asyncio.timeout(10):
            while not holds(found := watched.own.complaints.get("queue", "")):
                looks.want({"uid": watched})
                await asyncio.sleep(0.01)
        return found
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_hint_that_can_not_be_had_leaves_the_complaint() -> None:
    """The query that found nothing is what the user has to see."""
    server = Server()
    server.there = Unavailable("too many samples")
    found = await complaints_until(server, lambda said: server.hints > 0 and bool(said))
    assert found.startswith(LOST)
    assert "too many samples" not in found


async def test_a_hint_is_asked_for_again_as_things_may_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_looks, "PAUSE_SECONDS", 0.05)
    server = Server()

    def changed(said: str) -> bool:
        if "no series of queue at all" in said:
            server.there = [{"metric": {"pod_name": "c-1"}}]
        return 'has pod_name="c-1"' in said

    assert (await complaints_until(server, changed)).startswith(LOST)


async def test_a_hint_is_not_asked_for_at_every_look() -> None:
    """It costs more than the look."""
    server, seen = Server(), 0

    def several(said: str) -> bool:
        nonlocal seen
        seen += "at all" in said
        return seen > 20

    await complaints_until(server, several)
    assert server.hints == 1
