import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from testbed.kubelet.http_server import Answer, Listener, listen


class Echo:
    """Answers with the path; /slow takes its time, and /gone finds nobody."""

    def __init__(self) -> None:
        self.reported: list[Answer] = []

    def answer(self, path: str) -> Answer | None:
        if path == "/gone":
            return None
        return Answer(200, path.encode(), b"x-version: v1\r\n", delay=0.05 if path == "/slow" else 0)

    def sent(self, answer: Answer) -> None:
        self.reported.append(answer)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def port(unused_tcp_port_factory: Callable[[], int]) -> int:
    return unused_tcp_port_factory()


@pytest.fixture
async def server(echo: Echo, port: int) -> AsyncIterator[Listener]:
    listener = await listen("127.0.0.1", port, echo)
    yield listener
    listener.close()
    await asyncio.sleep(0)


async def talk(port: int, *parts: bytes, answers: int) -> bytes:
    """Sends the parts one by one and reads until so many bodies have come, or the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(0.005)
    received = b""
    while received.count(b"HTTP/1.1") < answers or not received.endswith((b"/a", b"/b", b"/slow")):
        chunk = await asyncio.wait_for(reader.read(4096), timeout=2)
        if not chunk:
            break
        received += chunk
    writer.close()
    await writer.wait_closed()
    return received


@pytest.mark.usefixtures("server")
async def test_an_answer_carries_its_headers_and_its_length(port: int, echo: Echo) -> None:
    """One request, one complete answer, reported once."""
    answer = await talk(port, b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n", answers=1)
    assert answer == b"HTTP/1.1 200 OK\r\nx-version: v1\r\ncontent-length: 2\r\n\r\n/a"
    assert [one.body for one in echo.reported] == [b"/a"]


@pytest.mark.parametrize(
    "parts",
    [
        (b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",),
        (b"GET /a HT", b"TP/1.1\r\n\r", b"\nGET /b HTTP/1.1\r\n\r\n"),
        (b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel", b"loGET /b HTTP/1.1\r\n\r\n"),
        (b"POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n", b"0\r\n\r\nGET /b HTTP/1.1\r\n\r\n"),
    ],
    ids=["at once", "in pieces", "with a body", "with chunks"],
)
@pytest.mark.usefixtures("server")
async def test_a_connection_serves_one_request_after_the_other(port: int, parts: tuple[bytes, ...]) -> None:
    """However the bytes arrive, each request gets its own answer, in order."""
    received = await talk(port, *parts, answers=2)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.index(b"\r\n\r\n/a") < received.index(b"\r\n\r\n/b")


@pytest.mark.usefixtures("server")
async def test_a_slow_answer_is_not_overtaken(port: int) -> None:
    """A second request waits until the first is answered."""
    received = await talk(port, b"GET /slow HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", answers=2)
    assert received.index(b"/slow") < received.index(b"/b")


@pytest.mark.usefixtures("server")
async def test_what_is_no_request_ends_the_connection(port: int, echo: Echo) -> None:
    """Nonsense gets no answer and harms nobody else."""
    assert await talk(port, b"nonsense\r\n\r\n", answers=1) == b""
    assert await talk(port, b"GET /a HTTP/1.1\r\n\r\n", answers=1)
    assert len(echo.reported) == 1


@pytest.mark.usefixtures("server")
async def test_a_connection_closes_when_asked(port: int) -> None:
    """`connection: close` is honoured after the answer."""
    received = await talk(port, b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", answers=2)
    assert received.count(b"200 OK") == 1


async def test_closing_lets_running_answers_finish(port: int, server: Listener) -> None:
    """A request in flight still gets its answer; a new connection is refused."""
    talking = asyncio.create_task(talk(port, b"GET /slow HTTP/1.1\r\n\r\n", answers=1))
    await asyncio.sleep(0.02)
    server.close()
    assert (await talking).endswith(b"/slow")
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.usefixtures("server")
async def test_a_client_that_leaves_is_not_reported(port: int, echo: Echo) -> None:
    """Only answers that were sent count."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /slow HTTP/1.1\r\n\r\n")
    await asyncio.sleep(0.01)
    writer.close()
    await asyncio.sleep(0.08)
    assert echo.reported == []


@pytest.mark.usefixtures("server")
async def test_nobody_there_ends_the_connection(port: int, echo: Echo) -> None:
    """Without an answer, and what was asked after it on the same connection gets none either."""
    assert await talk(port, b"GET /gone HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\n\r\n", answers=1) == b""
    assert echo.reported == []
