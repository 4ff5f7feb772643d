"""What a process costs, as the kernel counts it."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    memory: int
    """Bytes in RAM now."""
    peak: int
    """The most bytes in RAM so far."""
    cpu: float
    """Seconds of processor time since the start, in user and kernel mode."""
    sockets: int
    """Open now, listening ones included."""


def usage(pid: int) -> Usage:
    """Raises FileNotFoundError for a process that is gone. The fields are described in proc(5)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    # The second field is the program's name in brackets, and may hold spaces.
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = int(after_name[11]) + int(after_name[12])
    return Usage(_bytes(status, "VmRSS"), _bytes(status, "VmHWM"), ticks / os.sysconf("SC_CLK_TCK"), _sockets(pid))


def _bytes(status: str, field: str) -> int:
    """0 for a process that has ended and only waits for its parent."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _sockets(pid: int) -> int:
    """A file that is closed meanwhile counts no more."""
    found = 0
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            found += str(file.readlink()).startswith("socket:")
    return found
