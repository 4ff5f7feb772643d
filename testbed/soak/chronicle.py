"""What people and faults do, told to the observer: one JSON line each in a file that only grows.

A fault goes through its phases in order. Only while it *stands* is it certain to have its effect; from *begins* to
*over* it may have one.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

PROMETHEUS = "prometheus"
ISTIOD = "istiod"
"""Faults of these are named so at their beginning: the observer must know when nobody can judge or route."""


class Phase(StrEnum):
    BEGINS = "begins"
    STANDS = "stands"
    EASES = "eases"
    OVER = "over"
    NOTE = "note"
    """Something that is no fault: a release, an order."""
    END = "end"
    """The soak has ended; nothing comes any more."""


@dataclass(frozen=True, slots=True)
class Entry:
    at: float
    """Seconds since the epoch."""
    phase: Phase
    what: str
    namespace: str = ""
    """Whom it concerns; empty: everybody."""
    number: int = 0
    """Of the fault."""


class Chronicle:
    """The writing end, for any number of threads."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self.faults = 0
        file.touch()

    def note(self, what: str, namespace: str = "", phase: Phase = Phase.NOTE) -> None:
        self._write(phase, what, namespace)

    @contextmanager
    def fault(self, what: str, namespace: str = "") -> Iterator["Fault"]:
        """It is over when the block is left, whatever went wrong in it."""
        with self._lock:
            self.faults += 1
            fault = Fault(self, what, namespace, self.faults)
        fault.enters(Phase.BEGINS)
        try:
            yield fault
        finally:
            fault.enters(Phase.OVER)

    def _write(self, phase: Phase, what: str, namespace: str, number: int = 0) -> None:
        with self._lock, self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(Entry(time.time(), phase, what, namespace, number))) + "\n")


@dataclass(frozen=True, slots=True)
class Fault:
    chronicle: Chronicle
    what: str
    namespace: str
    number: int

    def enters(self, phase: Phase) -> None:
        self.chronicle._write(phase, self.what, self.namespace, self.number)  # noqa: SLF001 -- its other half


class Tail:
    """The reading end: what was written since the last look."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0

    def fresh(self) -> list[Entry]:
        """A line that is half written waits for its end."""
        with self._file.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
        self._read += len(whole) + bool(whole)
        return [_entry(line) for line in whole.splitlines()]


def _entry(line: bytes) -> Entry:
    fields = json.loads(line)
    return Entry(**{**fields, "phase": Phase(fields["phase"])})
