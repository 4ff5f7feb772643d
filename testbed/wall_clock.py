"""A wall clock that can be set for one operator alone. Monotonic clocks go on, as on a machine whose clock is set.

python -m testbed.wall_clock FILE PROGRAM ...   # the program with `time.time` ahead by the seconds in FILE

What reads the time in another way is not moved; in the product nothing does.
"""

import mmap
import runpy
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_SECONDS = struct.Struct("d")


class WallClock:
    """The end of whoever sets it. It outlives the operator: a new process finds it as it was left."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.write_bytes(_SECONDS.pack(0.0))

    def set_ahead(self, seconds: float) -> None:
        """By so much it is ahead of the machine's from this moment on; negative: behind."""
        with self._file.open("r+b") as file:
            file.write(_SECONDS.pack(seconds))

    def wrapped(self, command: Sequence[str]) -> tuple[str, ...]:
        """The command that runs a Python program by this clock."""
        return (sys.executable, "-m", __name__, str(self._file), *command)


def main() -> None:
    """The file is mapped, so that a step is one store: no reader sees half of it."""
    file, *sys.argv = sys.argv[1:]
    with Path(file).open("rb") as opened:
        seconds = mmap.mmap(opened.fileno(), _SECONDS.size, access=mmap.ACCESS_READ)
    machine = time.time
    time.time = lambda: machine() + float(_SECONDS.unpack_from(seconds)[0])
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
