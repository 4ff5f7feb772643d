"""Brings what several watches told into the order in which it was written."""

import heapq

from testbed.soak.observer.watching import Change

HELD_BACK = 2.0
"""Seconds that each change waits for others that were written before it and are told later."""


class Order:
    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Change]] = []
        self._put = 0

    def put(self, change: Change) -> None:
        self._put += 1
        heapq.heappush(self._heap, (change.version, self._put, change))

    def due(self, until: float) -> list[Change]:
        """Those that we learned of by then, oldest version first; one that is too young holds back all after it."""
        found = []
        while self._heap and self._heap[0][2].at <= until:
            found.append(heapq.heappop(self._heap)[2])
        return found
