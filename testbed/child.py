"""One process of the cluster, from its start to its end."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from testbed.process import Process
from testbed.state import State

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_STANDSTILL = 5.0
"""Seconds after which a process that will not stand counts as frozen all the same."""


class Child:
    """Created by starting the process; never started twice."""

    def __init__(self, process: Process, state: State) -> None:
        self.process = process
        self.log = state.logs / f"{process.name}.log"
        self.frozen = False
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                process.command,
                cwd=state.directory,
                env={**os.environ, **process.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=dies_with(os.getpid()),  # noqa: PLW1509 -- the supervisor has one thread
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative after a signal."""
        return self._popen.poll()

    def describe(self) -> str:
        if self.exit_code is not None:
            return f"ended ({self.exit_code})"
        return "frozen" if self.frozen else "running"

    def signal(self, number: signal.Signals) -> None:
        """Nothing happens to a process that has ended."""
        self._popen.send_signal(number)

    def freeze(self) -> None:
        """Returns when every thread stands: on a busy machine some run on for a while after the signal."""
        self.signal(signal.SIGSTOP)
        deadline = time.monotonic() + _STANDSTILL
        while self.exit_code is None and not _stands_still(self.pid) and time.monotonic() < deadline:
            time.sleep(0.001)
        self.frozen = True

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)
        self.frozen = False

    def last_words(self, lines: int = 15) -> str:
        return "\n".join(_tail(self.log, lines))


def _stands_still(pid: int) -> bool:
    """The state is the first letter after the name, which is in brackets and may hold anything."""
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(_read(stat).rpartition(") ")[2][:1] in {"T", "t", ""} for stat in threads)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def dies_with(parent: int) -> Callable[[], None]:
    """What the child does between fork and exec: ask the kernel for SIGKILL when its parent is gone.

    The parent may have died before the kernel knew, so the child looks once more, and leaves.
    """

    def ask() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _tail(log: Path, lines: int) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
