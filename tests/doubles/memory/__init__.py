"""Every port in memory: a small cluster that a story can move, with a clock that is told the time."""

from tests.doubles.memory.calls import Call, Crash, Look, unwitnessed
from tests.doubles.memory.cluster import NOON, MemoryCluster
from tests.doubles.memory.ports import ports_of

__all__ = ["NOON", "Call", "Crash", "Look", "MemoryCluster", "ports_of", "unwitnessed"]
