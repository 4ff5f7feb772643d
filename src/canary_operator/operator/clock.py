"""The clocks of this process; nothing else in it asks the machine for the time.

CLOCK_BOOTTIME goes on while the machine sleeps, and nobody can set it. Deadlines are wall-clock times all the same,
because they stand in a status that other processes read.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

CATCHES_UP = 0.05
"""Seconds in each second by which it follows a wall clock that was set: an hour is made up for in 20 hours."""


def boot_time() -> float:
    """Seconds since the machine started, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_time() -> float:
    """Seconds since 1970 by the machine's wall clock, which somebody may set at any moment."""
    return time.time()


class SteadyClock:
    """The clock of every pass: the wall clock at first, and then one that never jumps and never goes back.

        wall clock   ────────┐ set back an hour
        this clock   ────────────────▁▁▁▁▁▁▁▁▁▁▁▁▁  no stage notices

    It follows a step slowly instead of never, so that its times mean the same to others again within a day.
    """

    def __init__(self, *, boot: Callable[[], float] = boot_time, wall: Callable[[], float] = wall_time) -> None:
        self._boot, self._wall = boot, wall
        self._asked = boot()
        self._offset = wall() - self._asked

    def __call__(self) -> datetime:
        """Aware, in UTC."""
        boot = self._boot()
        most = (boot - self._asked) * CATCHES_UP
        self._offset += max(-most, min(most, self._wall() - boot - self._offset))
        self._asked = boot
        return datetime.fromtimestamp(boot + self._offset, UTC)
