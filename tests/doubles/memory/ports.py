"""The ports of one cluster in memory."""

from canary_operator.ports import Ports
from tests.doubles.memory.cluster import MemoryCluster
from tests.doubles.memory.journal import MemoryJournal
from tests.doubles.memory.metrics import MemoryMetrics
from tests.doubles.memory.traffic import MemoryTraffic
from tests.doubles.memory.workloads import MemoryWorkloads


def ports_of(cluster: MemoryCluster) -> Ports:
    return Ports(MemoryTraffic(cluster), MemoryWorkloads(cluster), MemoryMetrics(cluster), MemoryJournal(cluster))
