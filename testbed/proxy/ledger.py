"""What went through, and the trap that one of the writes may spring. Pure."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from testbed.proxy.call import Call


@dataclass(frozen=True, slots=True)
class Write:
    """One that reached the API server."""

    call: Call
    body: Any
    """What was sent, from its JSON."""
    status: int
    """What the API server answered, whatever the operator was told."""
    answer: Any
    """The object as it was then, from its JSON."""
    at: float
    """When the API server had answered, on the monotonic clock."""
    witnessed: Any = None
    """What the witness saw immediately before it."""

    @property
    def applied(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004 -- everybody knows what a 2xx is

    @property
    def is_step(self) -> bool:
        """It took effect, and a run is made of it."""
        return self.applied and self.call.is_step


@dataclass(frozen=True, slots=True)
class Trap:
    """Does something at the n-th step from now, counted from 1."""

    number: int
    spring: Callable[[], None]
    """Called in the proxy's thread, and waited for."""
    delivered: bool
    """After the operator has been sent its answer; else before, and it never gets one."""


class Ledger:
    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.calls: Counter[tuple[str, str]] = Counter()
        """All of them, by verb and resource, since the proxy started."""
        self._trap: Trap | None = None

    def begin(self, trap: Trap | None = None) -> None:
        """Forget all writes so far, and the trap that may be left."""
        self.writes, self._trap = [], trap

    def arrived(self, call: Call) -> None:
        self.calls[call.verb, call.resource] += 1

    def enter(self, write: Write) -> Trap | None:
        """The trap, if this write springs it."""
        self.writes.append(write)
        steps = sum(each.is_step for each in self.writes)
        if self._trap is None or not write.is_step or steps != self._trap.number:
            return None
        trap, self._trap = self._trap, None
        return trap
