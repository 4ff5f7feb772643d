"""Follows one release: the rollout as kubectl shows it, its events, and the weights as Envoy lived them."""

import re
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from testbed.demo.screen import COLUMNS
from testbed.demo.setting import Setting
from testbed.errors import TestbedError
from testbed.shop import CANARY, Rollout

_GLANCE = 0.2
_TOLD = ("READY", "STAGE", "WEIGHT", "REASON")
"""A change in another column alone is no news."""
_SECONDS_SHOWN = 2.0


@dataclass(slots=True)
class Step:
    """A weight of the route, and what Envoy sent to each Service while it stood."""

    weight: float
    first: Counter[str]
    last: Counter[str] = field(default_factory=Counter)

    @property
    def canary(self) -> int:
        return self.last[CANARY] - self.first[CANARY]

    @property
    def requests(self) -> int:
        return self.last.total() - self.first.total()


class Watch:
    """Begins when it is made; what happened before is no news."""

    def __init__(self, setting: Setting) -> None:
        self._shop, self._traffic, self._screen = setting.shop, setting.traffic, setting.screen
        self._operator = setting.operator
        self._events = {_times(event) for event in self._shop.events()}
        self._shown: tuple[str, ...] = ()
        self._guess: tuple[str, ...] = ()
        self._answers: deque[tuple[float, Counter[str]]] = deque()
        self.steps = [Step(self._shop.weight(), self._shop.gateway_counts())]
        self._screen.headings()

    def until(self, what: str, condition: Callable[[Rollout], bool], seconds: float = 60) -> Rollout:
        """Shows what happens until then. TestbedError tells what was there instead."""
        deadline = time.monotonic() + seconds
        while True:
            rollout = self.look()
            if condition(rollout):
                return rollout
            if not self._operator.is_alive():
                raise TestbedError(f"The operator ended; {self._operator.log} tells why.")
            if time.monotonic() > deadline:
                raise TestbedError(f"Waited {seconds:.0f} s in vain for {what}. Instead:\n{self._shop.describe()}")
            time.sleep(_GLANCE)

    def look(self) -> Rollout:
        self._note_weight()
        rollout = self._shop.rollout()
        self._show_row(rollout)
        self._show_events()
        self._show_shares()
        return rollout

    def _note_weight(self) -> None:
        """Counted before the weight was read, a request was sent under the old weight for certain."""
        step, counts = self.steps[-1], self._shop.gateway_counts()
        weight = self._shop.weight()
        if weight == step.weight:
            step.last = counts
        else:
            self.steps.append(Step(weight, self._shop.gateway_counts()))

    def _show_row(self, rollout: Rollout) -> None:
        """Asks kubectl only when there is something new, for it takes a while."""
        guess = (rollout.reason, rollout.weight, rollout.stage)
        if guess == self._guess:
            return
        self._guess = guess
        cells = read_table(self._shop.kubectl("get", "canaryrollout", "checkout"))
        shown = tuple(cells.get(name, "") for name in _TOLD)
        if shown != self._shown:
            self._shown = shown
            self._screen.row(cells)

    def _show_events(self) -> None:
        for event in self._shop.events():
            if _times(event) not in self._events:
                self._events.add(_times(event))
                self._screen.event(event["type"], event["reason"], event["note"])

    def _show_shares(self) -> None:
        now = time.monotonic()
        self._answers.append((now, self._traffic.answers()))
        while now - self._answers[0][0] > _SECONDS_SHOWN:
            self._answers.popleft()
        (since, before), (_, after) = self._answers[0], self._answers[-1]
        fresh = +(after - before)
        if fresh:
            self._screen.now(_shares(fresh), fresh.total() / (now - since))


def read_table(text: str) -> Mapping[str, str]:
    """A heading line and one row; a cell begins where its heading does, and may be empty."""
    headings, row = text.splitlines()
    starts = {found[0]: found.start() for found in re.finditer(r"\S+", headings)}
    ends = [*list(starts.values())[1:], len(row)]
    cells = {name: row[start:end].strip() for (name, start), end in zip(starts.items(), ends, strict=True)}
    return {name: cells[name] for name in COLUMNS if name in cells}


def _times(event: Mapping[str, Any]) -> tuple[str, int]:
    """The event, and how often it has happened: the same news later is no new object."""
    return event["metadata"]["name"], (event.get("series") or {}).get("count", 1)


def _shares(counts: Counter[str]) -> Mapping[str, float]:
    return {version: counts[version] / counts.total() for version in sorted(counts)}
