"""A watch on an API server that ends it, and forgets."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from testbed.soak.observer.watching import Change, Watch

PATH = "/apis/apps/v1/deployments"
Item = dict[str, Any]


def an_object(name: str, version: int) -> Item:
    return {"metadata": {"namespace": "shop", "name": name, "resourceVersion": str(version)}}


def an_event(kind: str, body: Item) -> bytes:
    return json.dumps({"type": kind, "object": body}).encode() + b"\n"


class Server:
    """Answers lists and watches one after the other; the last watch stays open."""

    def __init__(self) -> None:
        self.lists: list[tuple[int, list[Item]]] = []
        self.watches: list[list[bytes]] = []
        self.asked: list[str] = []
        self.over = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            version, items = self.lists.pop(0)
            return web.json_response({"metadata": {"resourceVersion": str(version)}, "items": items})
        self.asked.append(request.query["resourceVersion"])
        response = web.StreamResponse()
        await response.prepare(request)
        for part in self.watches.pop(0):
            await response.write(part)
        if not self.watches:
            await self.over.wait()
        return response


@pytest.fixture
async def served(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    application = web.Application()
    application.router.add_get(PATH, server.answer)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        yield session
    server.over.set()
    await runner.cleanup()


@pytest.fixture
def server() -> Server:
    return Server()


async def told(session: aiohttp.ClientSession, count: int) -> list[Change]:
    """So many changes."""
    queue: asyncio.Queue[Change] = asyncio.Queue()
    watch = asyncio.create_task(Watch(session, "deployments", PATH, queue.put_nowait).run())
    async with asyncio.timeout(10):
        found = [await queue.get() for _ in range(count)]
    watch.cancel()
    return found


def short(change: Change) -> tuple[str, int, bool, bool]:
    """Name and version; whether it is gone; whether something was missed."""
    return change.name, change.version, change.body is None, change.leap


async def test_it_goes_on_where_it_was(server: Server, served: aiohttp.ClientSession) -> None:
    """An ended watch is asked for what came after the last version, also when that was a bookmark."""
    server.lists = [(5, [an_object("one", 3)])]
    first = an_event("MODIFIED", an_object("one", 6))
    server.watches = [
        [first[:9], first[9:], an_event("BOOKMARK", {"metadata": {"resourceVersion": "9"}})],
        [an_event("DELETED", an_object("one", 11))],
    ]
    found = await told(served, 3)
    assert list(map(short, found)) == [("one", 3, False, False), ("one", 6, False, False), ("one", 11, True, False)]
    assert server.asked == ["5", "9"]


async def test_it_says_where_it_missed_something(server: Server, served: aiohttp.ClientSession) -> None:
    """A version that the API server has forgotten: a new list, of which only what is new is told, and what is gone."""
    gone = an_event("ERROR", {"code": 410})
    server.lists = [(5, [an_object("one", 3), an_object("two", 4), an_object("three", 5)])]
    server.lists += [(20, [an_object("one", 3), an_object("two", 17)])]
    server.watches = [[gone], []]
    found = await told(served, 5)
    assert list(map(short, found[3:])) == [("two", 17, False, True), ("three", 20, True, True)]
    assert server.asked[0] == "5"
