"""Every await of a pass: a look or a write, which may be interrupted before and after."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from canary_operator.core.actions import Action, Announce
from canary_operator.errors import Refused


class Crash(Exception):
    """The process dies here."""


class Look(StrEnum):
    """What a pass asks for."""

    ROUTE = "Route"
    STABLE = "Stable"
    CANARY = "Canary"
    ENDPOINTS = "Endpoints"


Call = Look | Action


def nothing(_: Call) -> None:
    """Nobody interferes."""


def unwitnessed(_: Action, __: Fraction) -> None:
    """Nobody looks on."""


@dataclass(slots=True)
class Calls:
    """The calls of one cluster, and who interferes with them."""

    log: list[Action] = field(default_factory=list)
    """Every write that took effect, in order."""
    faults: dict[int, type[Exception]] = field(default_factory=dict)
    """Raise this at the n-th write: before it when n is even, after it when odd."""
    writes: int = 0
    refuses: tuple[type[Action], Exception] | None = None
    """Every write of this kind fails with this."""
    around: Callable[[Call], None] = nothing
    """Called before and after every call; it may change the cluster, or raise what the call then fails with."""
    witness: Callable[[Action, Fraction], None] = unwitnessed
    """Told of every write as soon as it took effect, with the share just before it."""

    def write(self, action: Action, share: Callable[[], Fraction], effect: Callable[[], bool]) -> None:
        """`effect` changes the cluster in one step, or raises; False when there was nothing to change.

        What took effect may still time out for whoever wrote it, but it was not refused.
        """
        self.around(action)
        self._strike(action, 2 * self.writes)
        before = share()
        if not effect():
            return
        self.log.append(action)
        self.witness(action, before)
        number, self.writes = self.writes, self.writes + (not isinstance(action, Announce))
        with suppress(Refused):
            self.around(action)
        self._strike(action, 2 * number + 1)

    def _strike(self, action: Action, moment: int) -> None:
        if self.refuses is not None and isinstance(action, self.refuses[0]):
            raise self.refuses[1]
        fault = None if isinstance(action, Announce) else self.faults.pop(moment, None)
        if fault is not None:
            raise fault(f"at {moment}")
