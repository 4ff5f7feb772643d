"""A cluster and the operator for one benchmark, both gone afterwards; and how busy the machine was meanwhile."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed.cluster import Cluster
from testbed.errors import TestbedError
from testbed.operator import OperatorProcess, install

INSIDE = """\
The cluster had to take a network of its own, and a benchmark talks to its addresses. Run it inside such a network:
    unshare --map-root-user --net -- .venv/bin/python -m benchmarks.{name}"""


@dataclass(frozen=True, slots=True)
class Setting:
    cluster: Cluster
    operator: OperatorProcess


@contextmanager
def setting(
    name: str, environment: Mapping[str, str] | None = None, *, start: bool = True, keep: bool = False
) -> Iterator[Setting]:
    """The operator is as `deploy/` says, with these variables beside. `keep` leaves the logs."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    directory = Path(tempfile.mkdtemp(prefix=f"canary-operator-{name}-"))
    try:
        with _cluster(directory, name) as cluster:
            install(cluster)
            operator = OperatorProcess(cluster, environment=environment)
            try:
                if start:
                    operator.start()
                yield Setting(cluster, operator)
            finally:
                operator.stop()
    finally:
        if keep:
            print(f"The logs are in {directory / 'logs'}.")
        else:
            shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _cluster(directory: Path, name: str) -> Iterator[Cluster]:
    cluster = Cluster.up(directory)
    try:
        if cluster.state.own_network:
            raise TestbedError(INSIDE.format(name=name))
        yield cluster
    finally:
        with contextlib.suppress(TestbedError):
            cluster.down()


def load_average() -> str:
    """Processes that wanted a processor in the last minute, beside how many processors there are."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
