"""Takes a call, passes it on or not, and brings the answer back: a watch as it comes, everything else as a whole."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web

from testbed.proxy.call import Call, read
from testbed.proxy.faults import Faults
from testbed.proxy.ledger import Ledger, Trap, Write

Witness = Callable[[Call], Any]
"""Looks at something before a step reaches the API server, in a thread of its own; what it returns is kept with it."""

_OF_ONE_CONNECTION = frozenset({"connection", "host", "keep-alive", "transfer-encoding", "content-length"})


class Relay:
    """The handler of an aiohttp server."""

    def __init__(self, session: aiohttp.ClientSession, faults: Faults, ledger: Ledger, witness: Witness | None) -> None:
        """The session leads to the API server, and leaves bodies as they are."""
        self._session, self._faults, self._ledger, self._witness = session, faults, ledger, witness
        self._open: set[asyncio.Transport] = set()
        """The connections of all watches."""

    def drop(self) -> None:
        """Break every open watch."""
        for connection in tuple(self._open):
            connection.abort()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        call = read(request.method, request.raw_path)
        self._ledger.arrived(call)
        fate = self._faults.fate(call)
        body = await request.read()
        await asyncio.sleep(fate.delay)
        if fate.cut:
            return _break(request)
        if fate.status is not None and not fate.forwarded:
            return _refusal(fate.status)
        if call.verb == "watch":
            return await self._watch(request)
        # A client that goes away takes back nothing that it has sent.
        response, trap = await asyncio.shield(asyncio.ensure_future(self._pass_on(request, call, body)))
        await asyncio.sleep(fate.held)
        return await _deliver(request, response if fate.status is None else _refusal(fate.status), trap)

    async def _pass_on(
        self, request: web.BaseRequest, call: Call, body: bytes
    ) -> tuple[web.Response | None, Trap | None]:
        """No response where the API server did not answer."""
        seen = await asyncio.to_thread(self._witness, call) if self._witness and call.is_step else None
        try:
            async with self._session.request(
                request.method, request.raw_path, data=body or None, headers=_passed(request.headers)
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, OSError):
            return None, None
        trap = None
        if call.writes:
            trap = self._ledger.enter(
                Write(call, _parsed(body), answer.status, _parsed(content), time.monotonic(), seen)
            )
        return web.Response(status=answer.status, body=content, headers=_passed(answer.headers)), trap

    async def _watch(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.transport
        if connection is None:
            return _break(request)
        self._open.add(connection)
        try:
            async with self._session.get(request.raw_path, headers=_passed(request.headers)) as answer:
                response = web.StreamResponse(status=answer.status, headers=_passed(answer.headers))
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
                return response
        except (aiohttp.ClientError, OSError):
            return _break(request)
        finally:
            self._open.discard(connection)


async def _deliver(request: web.BaseRequest, response: web.Response | None, trap: Trap | None) -> web.StreamResponse:
    if response is None:
        return _break(request)
    if trap is None:
        return response
    if not trap.delivered:
        trap.spring()
        return _break(request)
    await response.prepare(request)
    await response.write_eof()
    trap.spring()
    return response


def _break(request: web.BaseRequest) -> web.Response:
    """The caller finds its connection reset; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _refusal(status: int) -> web.Response:
    """As an API server would say it."""
    reason = HTTPStatus(status)
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "message": reason.phrase}
    headers = {"Retry-After": "1"} if reason is HTTPStatus.TOO_MANY_REQUESTS else {}
    return web.json_response(body, status=status, headers=headers)


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OF_ONE_CONNECTION}


def _parsed(content: bytes) -> Any:
    """None for what is not JSON."""
    try:
        return json.loads(content)
    except ValueError:
        return None
