"""Two replicas of the operator, of which one leads."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from testbed import audit
from testbed.cluster import Cluster
from testbed.operator import OperatorProcess


def seconds_until(condition: Callable[[], bool], patience: float) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience, "it took too long"
        time.sleep(0.05)
    return time.monotonic() - began


@contextmanager
def a_pair(cluster: Cluster, place: str, **settings: Any) -> Iterator[tuple[OperatorProcess, OperatorProcess]]:
    """The leader, and one that waits; each with a token of its own. `settings` are those of both processes."""
    standby = {"CANARY_OPERATOR_KUBECONFIG": str(cluster.state.standby_kubeconfig)}
    with OperatorProcess(cluster, f"{place}-0", namespace=place, **settings) as first:
        seconds_until(first.leads, 30)
        with OperatorProcess(cluster, f"{place}-1", namespace=place, environment=standby, **settings) as second:
            yield first, second


def reigns(cluster: Cluster, place: str) -> list[str]:
    """Whose writes took effect, one after the other; Events are told by whoever saw something."""
    done = [it for it in audit.writes(cluster.state.audit_log) if it.namespace == place and it.took_effect]
    return [uid for uid, _ in groupby(it.uid for it in done if it.resource != "events")]
