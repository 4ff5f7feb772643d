"""All processes of a cluster: starts them, waits for them, ends them in an order that ends."""

import asyncio
import signal
from collections.abc import Iterable

import aiohttp

from testbed.api import trusting
from testbed.child import Child
from testbed.errors import TestbedError
from testbed.process import Process
from testbed.state import State

GRACE = 4.0
"""Seconds between SIGTERM and SIGKILL: an API server whose etcd is gone would hang in its own farewell for minutes."""
PATIENCE = 60.0
_LAST = ("kube-apiserver", "etcd")
"""These end after all others, one after the other: an API server that loses etcd first does not end by itself."""


class Crew:
    def __init__(self, state: State) -> None:
        self._state = state
        self._processes: dict[str, Process] = {}
        self._children: dict[str, Child] = {}

    async def add(self, process: Process) -> None:
        """Starts a further process, and returns when it is ready."""
        if process.name in self._processes:
            raise TestbedError(f"There is a {process.name} already.")
        self._processes[process.name] = process
        await self.start(process.name)

    async def start(self, name: str) -> None:
        """Nothing happens to a process that runs."""
        process = self._process(name)
        child = self._children.get(name)
        if child is None or child.exit_code is not None:
            child = self._children[name] = Child(process, self._state)
        await _until_ready(child)

    async def stop(self, name: str) -> None:
        await _end([self._child(name)])

    async def restart(self, name: str) -> None:
        await self.stop(name)
        await self.start(name)

    async def kill(self, name: str) -> None:
        child = self._child(name)
        child.signal(signal.SIGKILL)
        await _ended([child], seconds=GRACE)

    def freeze(self, name: str) -> None:
        self._child(name).freeze()

    def thaw(self, name: str) -> None:
        self._child(name).thaw()

    async def stop_all(self) -> None:
        await _end([child for name, child in self._children.items() if name not in _LAST])
        for name in _LAST:
            await _end([child for child in [self._children.get(name)] if child])

    def describe(self) -> list[dict[str, object]]:
        return [
            {"name": name, "state": child.describe(), "pid": child.pid, "log": str(child.log)}
            for name, child in self._children.items()
        ]

    def _process(self, name: str) -> Process:
        if name not in self._processes:
            raise TestbedError(f"No process is called {name}. There are: {', '.join(self._processes)}.")
        return self._processes[name]

    def _child(self, name: str) -> Child:
        return self._children[self._process(name).name]


async def _until_ready(child: Child) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting()), timeout=timeout) as session:
        while not await _is_ready(session, child.process.ready):
            if child.exit_code is not None or asyncio.get_running_loop().time() > deadline:
                raise TestbedError(_why_not(child))
            await asyncio.sleep(0.05)
    if child.exit_code is not None:
        raise TestbedError(_why_not(child))


async def _is_ready(session: aiohttp.ClientSession, url: str | None) -> bool:
    if url is None:
        return True
    try:
        async with session.get(url) as answer:
            return answer.status == 200  # noqa: PLR2004 -- everybody knows what 200 is
    except (aiohttp.ClientError, TimeoutError):
        return False


def _why_not(child: Child) -> str:
    return f"{child.process.name} did not become ready: {child.describe()}. From {child.log}:\n{child.last_words()}"


async def _end(children: Iterable[Child]) -> None:
    """Asks, waits, kills. A frozen process has to be thawed to hear the question."""
    living = [child for child in children if child.exit_code is None]
    for child in living:
        child.signal(signal.SIGTERM)
        child.thaw()
    await _ended(living, seconds=GRACE)
    for child in living:
        child.signal(signal.SIGKILL)
    await _ended(living, seconds=GRACE)


async def _ended(children: Iterable[Child], *, seconds: float) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    children = list(children)
    while any(child.exit_code is None for child in children):
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(0.02)
