"""The few calls that bringing a cluster up needs."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from testbed.errors import TestbedError
from testbed.state import State

_NOT_YET = {404, 429, 500, 503}
"""A fresh CRD answers 404 and then 429 for a second or so; an API server that just started, 500 or 503."""
_CONFLICT = 409
_PATIENCE = 20.0


@asynccontextmanager
async def connected(state: State) -> AsyncIterator["Api"]:
    headers = {"Authorization": f"Bearer {state.admin_token}"}
    async with aiohttp.ClientSession(
        state.apiserver_url,
        headers=headers,
        connector=aiohttp.TCPConnector(ssl=trusting()),
        timeout=aiohttp.ClientTimeout(total=10),
    ) as session:
        yield Api(session)


def trusting() -> ssl.SSLContext:
    """Takes any certificate: every server that we ask is our own, on loopback."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Api:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def create(self, path: str, body: Mapping[str, Any]) -> None:
        """Creates the object unless it exists, and waits while its kind is not served yet."""
        await self._send("POST", path, body, "application/json")

    async def patch(self, path: str, body: Mapping[str, Any]) -> None:
        await self._send("PATCH", path, body, "application/merge-patch+json")

    async def wait_for(self, path: str) -> None:
        """Returns when the path is served."""
        await self._send("GET", path, None, "application/json")

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None, content_type: str) -> None:
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            status, text = await self._send_once(method, path, body, content_type)
            if status < 300 or status == _CONFLICT:  # noqa: PLR2004 -- everybody knows what a 2xx is
                return
            if status not in _NOT_YET or asyncio.get_running_loop().time() > deadline:
                raise TestbedError(f"{method} {path} was answered {status}: {text}")
            await asyncio.sleep(0.1)

    async def _send_once(
        self, method: str, path: str, body: Mapping[str, Any] | None, content_type: str
    ) -> tuple[int, str]:
        async with self._session.request(method, path, json=body, headers={"Content-Type": content_type}) as answer:
            return answer.status, await answer.text()
