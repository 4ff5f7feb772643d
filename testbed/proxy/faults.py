"""What is to become of the next calls. Pure: it decides, `relay` does."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from testbed.proxy.call import Call

Which = Callable[[Call], bool]


def every(_: Call) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Fate:
    """Of one call. Without any of these it gets the API server's own answer at once."""

    delay: float = 0.0
    """Seconds before anything else happens."""
    status: int | None = None
    """Answered in the place of the API server."""
    forwarded: bool = True
    """Whether the API server gets the call at all."""
    cut: bool = False
    """The connection breaks instead of an answer."""
    held: float = 0.0
    """Seconds for which the answer is kept back, while others go by."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Answers that the API server did not give."""

    status: int
    calls: float = math.inf
    """How many; without a number until `heal`."""
    forwarded: bool = False
    """The API server gets the call all the same, and does what it says."""
    which: Which = every


class Faults:
    """None at first; a fault stays until it is used up, another takes its place, or `heal`."""

    def __init__(self) -> None:
        self._delay = 0.0
        self._cut = False
        self._refusal: Refusal | None = None
        self._held = 0.0
        self._which: Which = every

    def heal(self) -> None:
        """From now on all is well."""
        self._delay, self._cut, self._refusal, self._held = 0.0, False, None, 0.0

    def slow(self, seconds: float) -> None:
        self._delay = seconds

    def cut(self) -> None:
        self._cut = True

    def hold(self, seconds: float, which: Which) -> None:
        self._held, self._which = seconds, which

    def refuse(self, refusal: Refusal) -> None:
        self._refusal = refusal

    def fate(self, call: Call) -> Fate:
        """Of this call, which is counted."""
        refusal = self._refusal
        if self._cut or refusal is None or not refusal.which(call):
            held = self._held if self._which(call) else 0.0
            return Fate(self._delay, cut=self._cut, forwarded=not self._cut, held=held)
        left = refusal.calls - 1
        self._refusal = None if left <= 0 else Refusal(refusal.status, left, refusal.forwarded, refusal.which)
        return Fate(self._delay, refusal.status, refusal.forwarded)
