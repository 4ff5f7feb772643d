"""HTTP/1.1 with keep-alive in as little work per request as asyncio allows: all pods share one process."""

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

LONGEST_HEAD = 65536
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)
_REASONS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    head: bytes = b""
    """Further header lines, each with its line end."""
    delay: float = 0.0
    """Seconds to wait before it is sent."""


class Responder(Protocol):
    def answer(self, path: str) -> Answer | None:
        """None ends the connection without an answer, as a process does that ends."""

    def sent(self, answer: Answer) -> None:
        """The answer left; requests whose client went away first are never reported."""


class Listener:
    """One open port and the connections that came through it."""

    def __init__(self, server: asyncio.Server, connections: set["_Connection"]) -> None:
        self._server = server
        self._connections = connections

    def close(self) -> None:
        """Takes no more requests; those that are being answered still get their answer."""
        self._server.close()
        for connection in tuple(self._connections):
            connection.finish()


async def listen(address: str, port: int, responder: Responder) -> Listener:
    """Raises OSError where the address or the port cannot be had."""
    loop = asyncio.get_running_loop()
    connections: set[_Connection] = set()
    server = await loop.create_server(lambda: _Connection(responder, loop, connections), address, port)
    return Listener(server, connections)


class _Connection(asyncio.Protocol):
    """Answers one request at a time, in order."""

    __slots__ = ("_buffer", "_connections", "_last", "_loop", "_responder", "_timer", "_transport")

    def __init__(self, responder: Responder, loop: asyncio.AbstractEventLoop, connections: set["_Connection"]) -> None:
        self._responder = responder
        self._loop = loop
        self._connections = connections
        self._buffer = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._last = False

    def finish(self) -> None:
        if self._timer:
            self._last = True
        else:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - create_server makes no other kind
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        self._connections.discard(self)
        if self._timer:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._timer is None:
            self._take_request()

    def _take_request(self) -> None:
        try:
            request = _first_request(self._buffer)
        except ValueError:
            self._transport.close()
            return
        if request is None:
            return
        head, end = request
        del self._buffer[:end]
        self._begin(head)

    def _begin(self, head: bytes) -> None:
        answer = self._responder.answer(head.split(b" ", 2)[1].decode("latin-1"))
        if answer is None:
            self._transport.close()
        elif answer.delay:
            self._timer = self._loop.call_later(answer.delay, self._send, head, answer)
        else:
            self._send(head, answer)

    def _send(self, head: bytes, answer: Answer) -> None:
        self._timer = None
        body = b"" if head.startswith(b"HEAD ") else answer.body
        length = b"content-length: %d\r\n\r\n" % len(answer.body)
        self._transport.write(_REASONS[answer.status] + answer.head + length + body)
        self._responder.sent(answer)
        if self._last or _CLOSE.search(head):
            self._transport.close()
        elif self._buffer:
            self._take_request()


def _first_request(buffer: bytearray) -> tuple[bytes, int] | None:
    """The head of the first request and where its body ends, or None while parts are missing.

    Raises ValueError for what is no HTTP/1.1 request.
    """
    body = buffer.find(b"\r\n\r\n") + 4
    if body < 4:  # noqa: PLR2004 - the length of the blank line: find() answered -1
        if len(buffer) > LONGEST_HEAD:
            raise ValueError("the head is too long")
        return None
    head = bytes(buffer[:body])
    if head.count(b" ", 0, head.index(b"\r\n")) != 2:  # noqa: PLR2004 - method, path and version
        raise ValueError("the first line is no request line")
    end = _end_of_body(buffer, body, head)
    return None if end is None or end > len(buffer) else (head, end)


def _end_of_body(buffer: bytearray, start: int, head: bytes) -> int | None:
    if _CHUNKED.search(head):
        return _end_of_chunks(buffer, start)
    length = _CONTENT_LENGTH.search(head)
    return start + int(length[1]) if length else start


def _end_of_chunks(buffer: bytearray, start: int) -> int | None:
    """RFC 9112, section 7.1: sizes in hexadecimal, and a size of 0 is followed by trailers and a blank line."""
    while (line_end := buffer.find(b"\r\n", start)) >= 0:
        size = int(buffer[start:line_end].partition(b";")[0], 16)
        if size == 0:
            blank = buffer.find(b"\r\n\r\n", line_end)
            return blank + 4 if blank >= 0 else None
        start = line_end + 2 + size + 2
    return None
