import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from testbed.proxy.faults import Faults, Refusal
from testbed.proxy.ledger import Ledger, Trap
from testbed.proxy.relay import Relay

PATH = "/apis/apps/v1/namespaces/shop/deployments/web"
WATCH = "/apis/apps/v1/deployments?watch=true"


@dataclass
class Road:
    """A server that keeps what it is sent, the relay before it, and a client before that."""

    kept: list[str] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    faults: Faults = field(default_factory=Faults)
    ledger: Ledger = field(default_factory=Ledger)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[aiohttp.ClientSession]:
        async with (
            RawTestServer(self.far) as far,
            aiohttp.ClientSession(far.make_url("/"), auto_decompress=False) as session,
        ):
            self.relay = Relay(session, self.faults, self.ledger, None)
            async with (
                RawTestServer(self.relay, handler_cancellation=True) as near,
                aiohttp.ClientSession(near.make_url("/"), headers={"X-Near": "here"}) as client,
            ):
                yield client

    async def far(self, request: web.BaseRequest) -> web.StreamResponse:
        if "watch" not in request.query:
            self.kept.append(f"{request.method} {(await request.read()).decode()}")
            return web.json_response({"kept": len(self.kept)}, status=201, headers={"X-Far": request.headers["X-Near"]})
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first\n")
        await self.more.wait()
        await response.write(b"second\n")
        return response


@pytest.fixture
def road() -> Road:
    return Road()


@pytest.fixture
async def client(road: Road) -> AsyncIterator[aiohttp.ClientSession]:
    async with road.open() as client:
        yield client


async def test_a_call_and_its_answer_pass_unchanged(road: Road, client: aiohttp.ClientSession) -> None:
    """Method, headers and body one way; status, headers and body the other; a write is kept."""
    async with client.patch(PATH, data=b'[{"op":"test"}]') as answer:
        assert (answer.status, await answer.json(), answer.headers["X-Far"]) == (201, {"kept": 1}, "here")
    assert road.kept == ['PATCH [{"op":"test"}]']
    (write,) = road.ledger.writes
    assert (write.body, write.status, write.answer) == ([{"op": "test"}], 201, {"kept": 1})


async def test_a_watch_brings_each_event_as_it_comes(road: Road, client: aiohttp.ClientSession) -> None:
    """It is not collected first: a watch never ends."""
    async with client.get(WATCH) as answer:
        assert await answer.content.readline() == b"first\n"
        road.more.set()
        assert await answer.content.read() == b"second\n"


async def test_a_dropped_watch_ends_with_an_error(road: Road, client: aiohttp.ClientSession) -> None:
    """The client can't take it for a stream that came to its end."""
    async with client.get(WATCH) as answer:
        await answer.content.readline()
        road.relay.drop()
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await answer.content.read()


@pytest.mark.parametrize("forwarded", [True, False])
async def test_an_error_may_hide_that_the_write_was_done(
    road: Road, client: aiohttp.ClientSession, forwarded: bool
) -> None:
    """A gateway timeout says nothing about what happened behind it."""
    road.faults.refuse(Refusal(504, calls=1, forwarded=forwarded))
    async with client.patch(PATH, data=b"{}") as answer:
        assert (answer.status, (await answer.json())["kind"]) == (504, "Status")
    assert len(road.kept) == len(road.ledger.writes) == int(forwarded)


async def test_who_asks_too_much_is_told_when_to_come_again(road: Road, client: aiohttp.ClientSession) -> None:
    """As an API server does."""
    road.faults.refuse(Refusal(429))
    async with client.get(PATH) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")


async def test_nothing_passes_a_cut(road: Road, client: aiohttp.ClientSession) -> None:
    """The connection breaks, and the write is not done."""
    road.faults.cut()
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await client.patch(PATH, data=b"{}")
    assert road.kept == []


@pytest.mark.parametrize("delivered", [True, False])
async def test_a_trap_springs_after_the_write_was_done(
    road: Road, client: aiohttp.ClientSession, delivered: bool
) -> None:
    """With the answer on its way already, or with none to come."""
    kept: list[int] = []
    road.ledger.begin(Trap(1, spring=lambda: kept.append(len(road.kept)), delivered=delivered))
    try:
        async with client.patch(PATH, data=b"{}") as answer:
            assert (delivered, answer.status) == (True, 201)
    except (aiohttp.ClientError, ConnectionError):
        assert not delivered
    assert kept == [1]
