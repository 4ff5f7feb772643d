import asyncio
from unittest.mock import create_autospec

import pytest

from testbed.load.connection import Connection, Response

HEAD = b"HTTP/1.1 200 OK\r\nX-Version: v1\r\nx-pod: a\r\nset-cookie: arm=1; Path=/\r\nset-cookie: id=7\r\n"
EXPECTED = Response(200, "v1", "a", ("arm=1", "id=7"))


@pytest.fixture
async def connection() -> Connection:
    connection = Connection()
    connection.connection_made(create_autospec(asyncio.Transport, instance=True))
    return connection


async def asked(connection: Connection) -> asyncio.Task[Response]:
    asking = asyncio.create_task(connection.ask(b"GET / HTTP/1.1\r\n\r\n"))
    await asyncio.sleep(0)
    return asking


@pytest.mark.parametrize(
    "rest",
    [b"content-length: 5\r\n\r\nhello", b"\r\n", b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
    ids=["with a length", "empty", "in chunks"],
)
async def test_an_answer_is_read_byte_by_byte(connection: Connection, rest: bytes) -> None:
    """However it arrives, it is complete exactly at its last byte, and the next one starts afresh."""
    for _ in range(2):
        asking = await asked(connection)
        for byte in HEAD + rest:
            assert not asking.done()
            connection.data_received(bytes([byte]))
            await asyncio.sleep(0)
        assert await asking == EXPECTED


async def test_an_answer_without_a_version_came_from_elsewhere(connection: Connection) -> None:
    """Envoy's own 503 names no version."""
    asking = await asked(connection)
    connection.data_received(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
    assert await asking == Response(503, "-", "-", ())


async def test_a_connection_that_ends_early_is_an_error(connection: Connection) -> None:
    """Half an answer is none."""
    asking = await asked(connection)
    connection.data_received(HEAD)
    connection.connection_lost(None)
    with pytest.raises(ConnectionError, match="closed by the server"):
        await asking


async def test_a_connection_that_says_it_closes_is_not_used_again(connection: Connection) -> None:
    """`connection: close` in an answer is believed."""
    asking = await asked(connection)
    connection.data_received(HEAD + b"connection: close\r\ncontent-length: 0\r\n\r\n")
    assert await asking == EXPECTED
    assert not connection.open
