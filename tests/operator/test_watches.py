import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import suppress
from typing import Any, cast

import pytest

from canary_operator.errors import Gone, Refused, Unavailable
from canary_operator.operator import watches
from canary_operator.operator.store import Store
from canary_operator.operator.watches import Watches
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import DEPLOYMENTS, HTTP_ROUTES, VIRTUAL_SERVICES, WATCHED, Resource


def all_but(absent: Resource) -> tuple[Resource, ...]:
    return tuple(each for each in WATCHED if each != absent)


class Server:
    """Serves some kinds, without any object; its watches go on until told otherwise."""

    def __init__(self) -> None:
        self.served = set(WATCHED)
        self.forbidden: set[Resource] = set()
        self.watched: list[tuple[Resource, ...]] = []
        self.ends_watches: BaseException | None = None
        self.away = False
        self.told_to_end: asyncio.Task[None] | None = None
        """Cancelled when the watches end."""

    async def discover(self, resource: Resource) -> bool:
        if self.away:
            raise Unavailable("no answer")
        return resource in self.served

    async def pages(
        self, resource: Resource, namespace: str | None, **_: object
    ) -> AsyncIterator[list[dict[str, Any]]]:
        yield await self.list(resource, namespace)

    async def list(self, resource: Resource, _: str | None, **__: object) -> list[dict[str, Any]]:
        if resource not in self.served:
            raise Gone("no such kind")
        if resource in self.forbidden:
            raise Refused(f"{resource.plural} is forbidden")
        return []

    async def watch(
        self, _: Any, __: Any, resources: Collection[Resource], ___: Any, *, started: Callable[[], None]
    ) -> None:
        self.watched.append(tuple(resources))
        started()
        while self.ends_watches is None:  # noqa: ASYNC110 -- the test sets it plainly
            await asyncio.sleep(0.001)
        error, self.ends_watches = self.ends_watches, None
        if self.told_to_end is not None:
            self.told_to_end.cancel()
        raise error


class Bench:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.store = Store(changed=lambda _: None)
        self.restarts = 0
        self.watches = Watches(cast("Kubernetes", server), self.store, (), started=lambda: None, restarted=self.count)

    def count(self) -> None:
        self.restarts += 1

    async def until(self, condition: Callable[[], bool]) -> None:
        task = asyncio.create_task(self.watches.run())
        try:
            async with asyncio.timeout(3):
                while not condition():  # noqa: ASYNC110 -- what is waited for knows no event
                    await asyncio.sleep(0.002)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    server = Server()
    monkeypatch.setattr(watches, "watch", server.watch)
    monkeypatch.setattr(watches, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(watches, "POLL_OPTIONAL_SECONDS", 0.01)
    monkeypatch.setattr(watches, "FIRST_RESTART_SECONDS", 0.01)
    return Bench(server)


async def test_everything_is_watched_and_then_seen(bench: Bench) -> None:
    """Ready is who knows every object of every kind."""
    assert bench.watches.not_ready()
    await bench.until(bench.watches.all_synced)
    assert bench.server.watched == [WATCHED]
    assert bench.watches.not_ready() == []


async def test_a_missing_kind_is_named(bench: Bench) -> None:
    """The others are watched meanwhile."""
    bench.server.served.discard(VIRTUAL_SERVICES)
    await bench.until(lambda: bench.store.synced(DEPLOYMENTS))
    assert bench.watches.not_ready() == ["the API server does not serve virtualservices.networking.istio.io v1"]
    assert bench.server.watched == [all_but(VIRTUAL_SERVICES)]


async def test_a_cluster_without_http_routes_is_as_it_should_be(bench: Bench) -> None:
    """Nobody waits for them, and absence of everything else means something."""
    bench.server.served.discard(HTTP_ROUTES)
    await bench.until(bench.watches.all_synced)
    assert bench.watches.not_ready() == []
    assert bench.server.watched == [all_but(HTTP_ROUTES)]
    assert not bench.store.served(HTTP_ROUTES)


async def test_http_routes_are_watched_as_soon_as_there_are_any(bench: Bench) -> None:
    """Their CRD was installed later; until they are listed we are not ready."""
    bench.server.served.discard(HTTP_ROUTES)

    def appear() -> bool:
        if bench.server.watched:
            bench.server.served.add(HTTP_ROUTES)
        return bench.store.synced(HTTP_ROUTES)

    await bench.until(appear)
    assert bench.store.served(HTTP_ROUTES)
    assert bench.server.watched[-1] == WATCHED


async def test_http_routes_that_may_not_be_listed_blind_nobody(bench: Bench) -> None:
    """The program came before its rights: everything else is watched, and they are as soon as it may."""
    bench.server.forbidden.add(HTTP_ROUTES)
    await bench.until(bench.watches.all_synced)
    assert bench.server.watched == [all_but(HTTP_ROUTES)]
    assert not bench.store.served(HTTP_ROUTES)
    assert bench.restarts == 0
    bench.server.forbidden.clear()
    await bench.until(lambda: bench.store.synced(HTTP_ROUTES))
    assert bench.server.watched[-1] == WATCHED


async def test_a_kind_that_everybody_needs_and_may_not_be_listed_is_no_cluster_without_it(bench: Bench) -> None:
    bench.server.forbidden.add(VIRTUAL_SERVICES)
    await bench.until(lambda: bench.restarts > 1)
    assert not bench.watches.all_synced()


async def test_a_kind_that_appears_is_watched(bench: Bench) -> None:
    """The framework does not find it by itself, so its watches are begun anew."""
    bench.server.served.discard(VIRTUAL_SERVICES)

    def appears() -> bool:
        if bench.server.watched:
            bench.server.served.add(VIRTUAL_SERVICES)
        return bench.watches.all_synced()

    await bench.until(appears)
    assert bench.server.watched == [all_but(VIRTUAL_SERVICES), WATCHED]


async def test_watches_that_end_are_begun_anew(bench: Bench) -> None:
    """Whatever ended them; everything that was seen stays seen."""
    bench.server.ends_watches = RuntimeError("the API server said ERROR")
    await bench.until(lambda: len(bench.server.watched) == 2)
    assert bench.restarts == 1


async def test_a_kind_that_goes_away_is_missed(bench: Bench) -> None:
    """Its objects are not taken for deleted."""
    await bench.until(bench.watches.all_synced)
    bench.server.served.discard(VIRTUAL_SERVICES)
    bench.server.ends_watches = RuntimeError("404")
    await bench.until(lambda: bool(bench.watches.missing))
    assert not bench.store.synced(VIRTUAL_SERVICES)


async def test_watches_end_although_they_fail_when_they_are_told_to(bench: Bench) -> None:
    """Both in the same moment: the failure must not hide the order, or the process would never stop."""
    task = asyncio.create_task(bench.watches.run())
    while not bench.watches.all_synced():  # noqa: ASYNC110 -- what is waited for knows no event
        await asyncio.sleep(0.002)
    bench.server.ends_watches, bench.server.told_to_end = RuntimeError("gone"), task
    await asyncio.wait([task], timeout=3)
    assert task.cancelled()


async def test_watches_that_somebody_else_cancelled_are_begun_anew(bench: Bench) -> None:
    """The framework cancels tasks of its own now and then; nothing may go on without its watches."""
    bench.server.ends_watches = asyncio.CancelledError()
    await bench.until(lambda: len(bench.server.watched) == 2)
    assert bench.restarts == 1


async def test_an_api_server_that_does_not_answer_is_no_missing_kind(bench: Bench) -> None:
    """What was seen stays seen, and discovery is tried again."""
    bench.server.away = True
    await bench.until(lambda: bench.restarts > 1)
    assert bench.watches.missing == ()
    assert bench.server.watched == []
