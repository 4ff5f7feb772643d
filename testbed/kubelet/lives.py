"""The lives of a container whose process ends again and again. Pure: its age decides."""

from dataclasses import dataclass

CRASH_PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between restarts; the last one repeats. A tenth of a real kubelet's, so that a story stays short."""


@dataclass(frozen=True, slots=True)
class Life:
    """One life, or the pause after it. Ages are seconds since the container's first start."""

    restarts: int
    """How often it was started anew by then."""
    began: float
    """The age at which this life began."""
    ends: float
    """The age at which its process ends, or has ended."""
    next_change: float
    """The age at which the process ends, or is started anew."""

    @property
    def alive(self) -> bool:
        return self.next_change == self.ends


def life_at(age: float, length: float) -> Life:
    """`length` is how many seconds each life lasts; 0 for a process that ends as soon as it is started."""
    restarts, began = 0, 0.0
    while (again := began + length + pause(restarts)) <= age:
        restarts += 1
        began = again
    ends = began + length
    return Life(restarts, began, ends, next_change=ends if age < ends else again)


def pause(restarts: int) -> float:
    """Seconds after the end of a life until the next one begins."""
    return CRASH_PAUSES[min(restarts, len(CRASH_PAUSES) - 1)]
