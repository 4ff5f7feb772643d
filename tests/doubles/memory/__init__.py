"""Every port in memory: a small cluster that a story can move, with a clock that is told the time."""

from tests.doubles.memory.calls import Call, Crash, Look, unwitnessed
from tests.doubles.memory.cluster import NOON, MemoryCluster
from tests.doubles.memory.ports import ports_of
from tests.doubles.memory.route import MemoryRoute

__all__ = ["NOON", "Call", "Crash", "Look", "MemoryCluster", "MemoryRoute", "ports_of", "unwitnessed"]
