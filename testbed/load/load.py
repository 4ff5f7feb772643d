"""Sends what the plan says, beside whatever else the event loop does."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from random import Random
from typing import Any, Self

from testbed.load.connection import Connection, Response
from testbed.load.plan import Plan
from testbed.load.record import Record
from testbed.load.summary import summarise


class Load:
    def __init__(self, plan: Plan, chance: Random | None = None) -> None:
        self.plan = plan
        self.record = Record()
        """Grows while the load runs."""
        self._chance = chance or Random()  # noqa: S311 - it chooses users
        self._idle: deque[Connection] = deque()
        self._slots = asyncio.Semaphore(plan.connections)
        self._cookies: dict[int, dict[str, str]] = {}
        self._requests: set[asyncio.Task[None]] = set()
        self._pacing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def start(self) -> None:
        """Needs a running event loop; returns at once."""
        self._pacing = asyncio.create_task(self._pace())

    async def finish(self) -> dict[str, Any]:
        """Waits until the plan's time is over. The summary."""
        if self._pacing:
            await asyncio.wait({self._pacing})
        await asyncio.gather(*self._requests)
        for connection in self._idle:
            connection.close()
        self._idle.clear()
        return summarise(self.record)

    async def stop(self) -> dict[str, Any]:
        """Sends nothing more, and waits for the answers that are still due. The summary."""
        if self._pacing:
            self._pacing.cancel()
        return await self.finish()

    async def _pace(self) -> None:
        """Each request at its moment, whether the earlier ones are answered or not."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(self.plan.requests):
            due = start + self.plan.due(number)
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self._request(due))
            self._requests.add(task)
            task.add_done_callback(self._requests.discard)
        await asyncio.sleep(max(0.0, start + self.plan.seconds - loop.time()))

    async def _request(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        user = self._chance.randrange(self.plan.users) if self.plan.users else None
        try:
            async with asyncio.timeout_at(due + self.plan.timeout), self._slots:
                self.record.sent += 1
                response = await self._exchange(self._head(user))
        except TimeoutError:
            self.record.failed("timeout", time.time())
        except OSError as error:
            self.record.failed(type(error).__name__, time.time())
        else:
            self.record.answered(response.version, response.status, time.time(), (loop.time() - due) * 1000)
            self.record.served(user, response.version, response.pod)
            self._keep_cookies(user, response)

    async def _exchange(self, request: bytes) -> Response:
        connection = await self._connection()
        try:
            response = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        if connection.open:
            self._idle.append(connection)
        else:
            connection.close()
        return response

    async def _connection(self) -> Connection:
        """One that was used a moment ago, or a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        address, port = self.plan.address
        _, connection = await asyncio.get_running_loop().create_connection(Connection, address, port)
        return connection

    def _head(self, user: int | None) -> bytes:
        headers: dict[str, str] = {"host": self.plan.host, "user-agent": "testbed-load"}
        headers |= {} if user is None else self._user_headers(user)
        return _request_head(self.plan.path, headers | dict(self.plan.headers))

    def _user_headers(self, user: int) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.get(user, {}).items())
        return {"x-user": str(user)} | ({"cookie": cookies} if cookies else {})

    def _keep_cookies(self, user: int | None, response: Response) -> None:
        if user is None:
            return
        for cookie in response.cookies:
            name, _, value = cookie.partition("=")
            self._cookies.setdefault(user, {})[name] = value


def _request_head(path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")
