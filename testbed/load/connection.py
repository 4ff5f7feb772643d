"""One HTTP/1.1 connection that is used again and again: the least work per request that asyncio allows."""

import asyncio
import re
from dataclasses import dataclass

_HEADER = re.compile(rb"\r\n([^:\r\n]+):[ \t]*([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    version: str
    """The header x-version, or "-": then no pod answered, but somebody on the way."""
    pod: str
    cookies: tuple[str, ...]
    """NAME=VALUE, without attributes."""


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = bytearray()
        self._waiting: asyncio.Future[Response] | None = None
        self._response: Response | None = None
        self._body_end: int | None = None
        self._transport: asyncio.Transport | None = None
        self.open = False

    async def ask(self, request: bytes) -> Response:
        """Raises ConnectionError when the connection ends before the answer does."""
        if self._transport is None or not self.open:
            raise ConnectionResetError("closed while idle")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        finally:
            self._waiting = None

    def close(self) -> None:
        self.open = False
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - create_connection makes no other kind
        self._transport = transport
        self.open = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError(str(exc) if exc else "closed by the server"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            self._read()
        except ValueError:
            self.close()

    def _read(self) -> None:
        """Raises ValueError for what is no HTTP/1.1 response."""
        if self._response is None and (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            self._read_head(bytes(self._buffer[: end + 2]))
            del self._buffer[: end + 4]
        if self._response is None or not self._has_body():
            return
        response, self._response = self._response, None
        self._buffer.clear()
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(response)

    def _read_head(self, head: bytes) -> None:
        headers = [(name.lower(), value) for name, value in _HEADER.findall(head)]
        found = dict(headers)
        self._body_end = None if b"transfer-encoding" in found else int(found.get(b"content-length", 0))
        self._response = Response(
            status=int(head.split(b" ", 2)[1]),
            version=found.get(b"x-version", b"-").decode("latin-1"),
            pod=found.get(b"x-pod", b"-").decode("latin-1"),
            cookies=tuple(
                value.partition(b";")[0].decode("latin-1") for name, value in headers if name == b"set-cookie"
            ),
        )
        if found.get(b"connection", b"").lower() == b"close":
            self.open = False

    def _has_body(self) -> bool:
        if self._body_end is None:
            return self._buffer.endswith(b"0\r\n\r\n")
        return len(self._buffer) >= self._body_end
