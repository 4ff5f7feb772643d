"""Every version of every object of a kind, as the API server tells it to anybody who watches."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

_GONE = 410
_AGAIN = 0.1
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Change:
    kind: str
    namespace: str
    name: str
    version: int
    """All kinds share the counter of one etcd, so versions tell the order of everything."""
    at: float
    """When we learned of it: seconds since the epoch."""
    body: dict[str, Any] | None
    """None: it is gone."""
    leap: bool = False
    """Versions before this one may have been missed."""


class Watch:
    def __init__(self, session: aiohttp.ClientSession, kind: str, path: str, tell: Callable[[Change], None]) -> None:
        self._session, self._kind, self._path, self._tell = session, kind, path, tell
        self._version = ""
        self._known: dict[tuple[str, str], int] = {}
        self.is_open = False
        self.leaps = 0
        """How often it had to begin anew."""

    async def run(self) -> None:
        """For ever. An API server that ended a watch is asked for what came after the last version seen."""
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._follow()
            except (aiohttp.ClientError, TimeoutError, ConnectionError, json.JSONDecodeError):
                await asyncio.sleep(_AGAIN)
            finally:
                self.is_open = False

    async def _list(self) -> None:
        """What is new or gone since we knew it last; a first list is no leap."""
        async with self._session.get(self._path, timeout=aiohttp.ClientTimeout(total=_PATIENCE)) as answer:
            answer.raise_for_status()
            found = await answer.json()
        leap, version = bool(self._known), int(found["metadata"]["resourceVersion"])
        self.leaps += leap
        gone = set(self._known)
        for body in found["items"]:
            gone.discard(_key(body))
            self._put(body, leap=leap)
        for namespace, name in gone:
            del self._known[namespace, name]
            self._tell(Change(self._kind, namespace, name, version, time.time(), None, leap=True))
        self._version = str(version)

    async def _follow(self) -> None:
        parameters = {"watch": "1", "resourceVersion": self._version, "allowWatchBookmarks": "true"}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_PATIENCE, sock_read=120)
        async with self._session.get(self._path, params=parameters, timeout=timeout) as answer:
            if answer.status == _GONE:
                self._version = ""
                return
            answer.raise_for_status()
            self.is_open = True
            async for event in _lines(answer.content):
                if event["type"] == "ERROR":
                    self._version = "" if event["object"].get("code") == _GONE else self._version
                    return
                self._take(event)

    def _take(self, event: dict[str, Any]) -> None:
        body = event["object"]
        self._version = body["metadata"]["resourceVersion"]
        if event["type"] == "DELETED":
            self._known.pop(_key(body), None)
            self._tell(Change(self._kind, *_key(body), int(self._version), time.time(), None))
        elif event["type"] != "BOOKMARK":
            self._put(body, leap=False)

    def _put(self, body: dict[str, Any], *, leap: bool) -> None:
        version = int(body["metadata"]["resourceVersion"])
        if self._known.get(_key(body)) != version:
            self._known[_key(body)] = version
            self._tell(Change(self._kind, *_key(body), version, time.time(), body, leap))


def _key(body: dict[str, Any]) -> tuple[str, str]:
    return body["metadata"]["namespace"], body["metadata"]["name"]


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[dict[str, Any]]:
    """Objects may be longer than a line that aiohttp would read."""
    rest = b""
    async for chunk in content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield json.loads(line)
