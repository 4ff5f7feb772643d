"""What listens on a pod's ports: the application of each container, and one page of metrics."""

import json
from collections.abc import Callable
from random import Random
from time import monotonic

from testbed.kubelet.behaviour import Behaviour
from testbed.kubelet.counters import Counters
from testbed.kubelet.http_server import Answer
from testbed.kubelet.lives import Life, life_at

MEMORY_AT_START = 40.0
"""Megabytes, in the middle: pods of one version differ."""
MEMORY_SIGMA = CPU_SIGMA = 0.05
"""By how much: the standard deviation of the logarithm."""
LOGIN = "/login"
"""Where the application sets a cookie of its own."""
_SESSION = b"set-cookie: session=of-the-application; Path=/; HttpOnly\r\n"
_METRICS_HEAD = b"content-type: text/plain; version=0.0.4; charset=utf-8\r\n"
_OK, _FAILED = 200, 500


class Application:
    """One container. Every answer names its version and its pod, in headers and in a JSON body."""

    def __init__(self, behaviour: Behaviour, pod: str, counters: Counters, chance: Random) -> None:
        self._behaviour = behaviour
        self._counters = counters
        self._chance = chance
        self._start = monotonic()
        self._memory = MEMORY_AT_START * chance.lognormvariate(0, MEMORY_SIGMA)
        self._cost = behaviour.cpu * chance.lognormvariate(0, CPU_SIGMA)
        self.cpu = 0.0
        """Seconds of CPU since its start."""
        self.incident = 0.0
        """The share of requests that fail on top, through no fault of this version; from 0 to 1."""
        self._head = f"content-type: application/json\r\nx-version: {behaviour.version}\r\nx-pod: {pod}\r\n".encode()
        self._bodies = {
            status: json.dumps({"status": status, "version": behaviour.version, "pod": pod}).encode() + b"\n"
            for status in (_OK, _FAILED)
        }

    @property
    def memory(self) -> float:
        """Megabytes; a process that was started anew begins small again."""
        life = self._life
        seconds = self._age - (life.began if life else 0.0)
        return self._memory + self._behaviour.memory_growth * seconds / 60

    @property
    def restarts(self) -> int:
        life = self._life
        return life.restarts if life else 0

    def answer(self, path: str) -> Answer | None:
        """None between the end of its process and the next start. Every path is answered alike, but for a cookie."""
        life = self._life
        if life and not life.alive:
            return None
        failed = self._behaviour.fails(self._age, self._chance) or self._chance.random() < self.incident
        status = _FAILED if failed else _OK
        head = self._head + _SESSION if path == LOGIN else self._head
        return Answer(status, self._bodies[status], head, self._behaviour.delay(self._chance, failed=failed))

    def sent(self, answer: Answer) -> None:
        self._counters.add(answer.status, answer.delay * 1000)
        self.cpu += self._cost
        if answer.status == _OK and self._chance.random() < self._behaviour.paid_rate:
            self._counters.orders_paid += 1

    @property
    def _age(self) -> float:
        return monotonic() - self._start

    @property
    def _life(self) -> Life | None:
        """None for a process that never ends by itself."""
        length = self._behaviour.crash_after
        return None if length is None else life_at(self._age, length)


class Page:
    """A page that is made anew for each request; None answers 503."""

    def __init__(self, make: Callable[[], bytes | None]) -> None:
        self._make = make

    def answer(self, path: str) -> Answer:  # noqa: ARG002 - there is one page only
        body = self._make()
        return Answer(503, b"not yet\n") if body is None else Answer(_OK, body, _METRICS_HEAD)

    def sent(self, answer: Answer) -> None:
        """Nobody counts these."""
