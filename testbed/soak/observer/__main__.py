"""`python -m testbed.soak.observer DIR CHRONICLE NAMESPACE...`: ends when the chronicle does, with a last JSON line."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import aiohttp

from testbed.api import trusting
from testbed.soak.chronicle import Entry, Tail
from testbed.soak.observer.counts import counts
from testbed.soak.observer.judge import Judge, is_end
from testbed.soak.observer.order import HELD_BACK, Order
from testbed.soak.observer.watching import Watch
from testbed.state import State

PATHS = {
    "virtualservices": "/apis/networking.istio.io/v1/virtualservices",
    "canaryrollouts": "/apis/canary-operator.dev/v1alpha1/canaryrollouts",
    "deployments": "/apis/apps/v1/deployments",
    "endpointslices": "/apis/discovery.k8s.io/v1/endpointslices",
}
_STEP = 0.2
_COUNT_EVERY = 1.0
_LONGEST_GAP = 30.0
"""Seconds without a watch, after which the others are not waited with any more."""


class Observer:
    def __init__(self, state: State, chronicle: Path, namespaces: Sequence[str]) -> None:
        self._state = state
        self._tail = Tail(chronicle)
        self._judges = {name: Judge(name, _say) for name in namespaces}
        self._order = Order()
        self._entries: list[Entry] = []
        self._watches: list[Watch] = []
        self._all_open = 0.0
        self._counts: list[tuple[float, dict[str, dict[str, int]]]] = []
        self._over = False

    async def run(self) -> None:
        headers = {"Authorization": f"Bearer {self._state.admin_token}"}
        connector = aiohttp.TCPConnector(ssl=trusting())
        async with (
            aiohttp.ClientSession(self._state.apiserver_url, headers=headers, connector=connector) as session,
            aiohttp.ClientSession() as gateway,
            asyncio.TaskGroup() as tasks,
        ):
            self._watches = [Watch(session, kind, path, self._order.put) for kind, path in PATHS.items()]
            watching = [tasks.create_task(watch.run()) for watch in self._watches]
            while not self._over:
                await asyncio.sleep(_STEP)
                self._go_on(time.time() - HELD_BACK)
                await self._count(gateway)
            for task in watching:
                task.cancel()
        for judge in self._judges.values():
            judge.close()

    def result(self) -> dict[str, int]:
        judges = self._judges.values()
        runs, violations = sum(len(judge.runs) for judge in judges), sum(judge.violations for judge in judges)
        return {"runs": runs, "violations": violations, "leaps": sum(watch.leaps for watch in self._watches)}

    def _go_on(self, until: float) -> None:
        """Up to this moment everything is known, unless a watch is closed at the moment."""
        self._entries += self._tail.fresh()
        now = time.time()
        if all(watch.is_open for watch in self._watches):
            self._all_open = now
        elif now - self._all_open < _LONGEST_GAP:
            return
        for change in self._order.due(until):
            self._hear(change.at)
            if judge := self._judges.get(change.namespace):
                judge.take(change)
        self._hear(until)
        self._tick(until)

    def _tick(self, until: float) -> None:
        while self._counts and self._counts[0][0] <= until:
            at, found = self._counts.pop(0)
            for namespace, judge in self._judges.items():
                judge.tick(at, found.get(namespace))
        for judge in self._judges.values():
            judge.tick(until)

    def _hear(self, until: float) -> None:
        while self._entries and self._entries[0].at <= until:
            entry = self._entries.pop(0)
            self._over = self._over or is_end(entry)
            for judge in self._judges.values():
                judge.hear(entry)

    async def _count(self, session: aiohttp.ClientSession) -> None:
        """They wait like everything else, until it is known which faults there were."""
        if self._counts and time.time() - self._counts[-1][0] < _COUNT_EVERY:
            return
        with suppress(aiohttp.ClientError, TimeoutError):
            self._counts.append((time.time(), await counts(session, self._state.url("envoy_admin"))))


def _say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    directory, chronicle, *namespaces = sys.argv[1:]
    observer = Observer(State.load(Path(directory)), Path(chronicle), namespaces)
    asyncio.run(observer.run())
    _say(json.dumps(observer.result()))


if __name__ == "__main__":
    main()
