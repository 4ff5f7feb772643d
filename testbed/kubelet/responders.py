"""What listens on a pod's ports: the application of each container, and one page of metrics."""

import json
from collections.abc import Callable
from random import Random
from time import monotonic

from testbed.kubelet.behaviour import Behaviour
from testbed.kubelet.counters import Counters
from testbed.kubelet.http_server import Answer

MEMORY_AT_START = 40.0
"""Megabytes."""
_METRICS_HEAD = b"content-type: text/plain; version=0.0.4; charset=utf-8\r\n"
_OK, _FAILED = 200, 500


class Application:
    """One container. Every answer names its version and its pod, in headers and in a JSON body."""

    def __init__(self, behaviour: Behaviour, pod: str, counters: Counters, chance: Random) -> None:
        self._behaviour = behaviour
        self._counters = counters
        self._chance = chance
        self._start = monotonic()
        self._head = f"content-type: application/json\r\nx-version: {behaviour.version}\r\nx-pod: {pod}\r\n".encode()
        self._bodies = {
            status: json.dumps({"status": status, "version": behaviour.version, "pod": pod}).encode() + b"\n"
            for status in (_OK, _FAILED)
        }

    @property
    def memory(self) -> float:
        """Megabytes."""
        return MEMORY_AT_START + self._behaviour.memory_growth * (monotonic() - self._start) / 60

    def answer(self, path: str) -> Answer:  # noqa: ARG002 - every path is answered alike
        status = _FAILED if self._behaviour.fails(monotonic() - self._start, self._chance) else _OK
        return Answer(status, self._bodies[status], self._head, self._behaviour.delay(self._chance))

    def sent(self, answer: Answer) -> None:
        self._counters.add(answer.status, answer.delay * 1000)
        if answer.status == _OK and self._chance.random() < self._behaviour.paid_rate:
            self._counters.orders_paid += 1


class Page:
    """A page that is made anew for each request; None answers 503."""

    def __init__(self, make: Callable[[], bytes | None]) -> None:
        self._make = make

    def answer(self, path: str) -> Answer:  # noqa: ARG002 - there is one page only
        body = self._make()
        return Answer(503, b"not yet\n") if body is None else Answer(_OK, body, _METRICS_HEAD)

    def sent(self, answer: Answer) -> None:
        """Nobody counts these."""
