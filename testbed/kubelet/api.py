"""The API server as a kubelet uses it: follow two kinds of objects, patch statuses, delete pods."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp
import structlog

from testbed.kubelet.credentials import Credentials

PAUSE = 0.5
"""Seconds before an unreachable or busy API server is asked again; a fresh cluster answers 429 for about a second."""
LONGEST_LINE = 4 * 1024 * 1024
WATCH_SECONDS = 290
_CALL = aiohttp.ClientTimeout(total=15)
_WATCH = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=WATCH_SECONDS + 30)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listed:
    """Everything there is now; what isn't in it is gone."""

    items: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Changed:
    kind: str
    """ADDED, MODIFIED or DELETED."""
    body: Mapping[str, Any]


class Refused(Exception):
    """The API server answered, with another status than the caller can use."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Api:
    def __init__(self, credentials: Credentials) -> None:
        self._server = credentials.server
        self._tls: ssl.SSLContext = credentials.tls
        self._headers = {"Authorization": f"Bearer {credentials.token}"}

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=32)
        self._session = aiohttp.ClientSession(
            self._server, connector=connector, headers=self._headers, read_bufsize=LONGEST_LINE
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def patch_status(self, path: str, uid: str, status: Mapping[str, Any]) -> bool:
        """Whether the object was still there. The uid keeps the patch from a successor of the same name."""
        body = {"metadata": {"uid": uid}, "status": status}
        headers = {"Content-Type": "application/strategic-merge-patch+json"}
        return await self._change("PATCH", f"{path}/status", body, headers)

    async def delete_now(self, path: str, uid: str) -> bool:
        """Whether it was still there to be removed."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}}
        return await self._change("DELETE", path, body, {"Content-Type": "application/json"})

    async def _change(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
        """Tries until the API server answers. Raises Refused for an answer that no repetition will better."""
        while True:
            try:
                async with self._session.request(
                    method, path, data=json.dumps(body), headers=headers, timeout=_CALL
                ) as response:
                    if response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
                        return False
                    await _raise_unless_ok(response)
                    return True
            except Refused as refusal:
                if not _is_passing(refusal):
                    raise
            except (aiohttp.ClientError, TimeoutError) as error:
                _log.info("api_unreachable", path=path, error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(PAUSE)

    async def follow(self, path: str) -> AsyncIterator[Listed | Changed]:
        """For ever: one Listed, then what changes; a new Listed whenever changes may have been missed."""
        while True:
            try:
                items, version = await self._list(path)
                yield Listed(items)
                async for change in self._watch(path, version):
                    yield change
            except (aiohttp.ClientError, TimeoutError, Refused, ValueError) as error:
                _log.info("watch_broken", path=path, error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(PAUSE)

    async def _list(self, path: str) -> tuple[tuple[Mapping[str, Any], ...], str]:
        async with self._session.get(path, timeout=_CALL) as response:
            await _raise_unless_ok(response)
            found = await response.json()
        return tuple(found["items"]), found["metadata"]["resourceVersion"]

    async def _watch(self, path: str, version: str) -> AsyncIterator[Changed]:
        """Ends only by an exception: Refused with 410 once the version is too old, or what the network raises."""
        while True:
            query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true"}
            query["timeoutSeconds"] = str(WATCH_SECONDS)
            async with self._session.get(path, params=query, timeout=_WATCH) as response:
                await _raise_unless_ok(response)
                async for line in response.content:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise Refused(event["object"].get("code", 0), event["object"].get("message", ""))
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] != "BOOKMARK":
                        yield Changed(event["type"], event["object"])


def _is_passing(refusal: Refused) -> bool:
    """401 and 403 too: a fresh API server has not yet read its own roles."""
    passing = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
    return refusal.status in passing or refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR


async def _raise_unless_ok(response: aiohttp.ClientResponse) -> None:
    if not response.ok:
        raise Refused(response.status, (await response.text())[:300])
