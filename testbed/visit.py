"""A command with a cluster of its own: it finds its network, and leaves nothing behind but the logs of a failure."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from testbed import binaries
from testbed.cluster import Cluster
from testbed.errors import TestbedError
from testbed.network import Network, choose, inside
from testbed.tools import FOR_A_CLUSTER
from testbed.up import up

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def enter_network(*command: str) -> None:
    """Becomes `python -m testbed COMMAND` in a network namespace where the pods' addresses are possible nowhere else.

    Inside there is no way to the internet, so the tools have to be there before.
    """
    if choose(own=False) is Network.NAMESPACE:
        binaries.tools(FOR_A_CLUSTER, print)
        for name in binaries.CRDS:
            binaries.crds(name, print)
        words = inside((sys.executable, "-m", "testbed", *command), Network.NAMESPACE)
        os.execvp(words[0], words)  # noqa: S606 -- nothing of this process is needed any more


def interruptible() -> None:
    """Every way to end it is a KeyboardInterrupt."""
    for number in _SIGNALS:
        signal.signal(number, signal.default_int_handler)


@contextmanager
def own_cluster(
    stack: ExitStack, name: str, all_well: Callable[[], bool], say: Callable[[str], None]
) -> Iterator[Cluster]:
    """`stack` is unwound before the cluster ends. The logs stay unless all is well, or somebody interrupted."""
    with _folder(name, all_well, say) as directory, stack:
        stack.callback(_be_deaf)
        up(directory, owner=os.getpid(), own_network=False, istio=True)
        cluster = Cluster(directory)
        stack.callback(_end, cluster)
        yield cluster


@contextmanager
def _folder(name: str, all_well: Callable[[], bool], say: Callable[[str], None]) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix=f"canary-operator-{name}-"))
    keep = True
    try:
        yield directory
        keep = not all_well()
    except KeyboardInterrupt:
        keep = False
        raise
    finally:
        if keep:
            _keep_logs(directory)
            say(f"The logs are in {directory}/logs.")
        else:
            shutil.rmtree(directory, ignore_errors=True)


def _keep_logs(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir() and path.name != "logs":
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != "logs":
            path.unlink(missing_ok=True)


def _end(cluster: Cluster) -> None:
    with contextlib.suppress(TestbedError):
        cluster.down()


def _be_deaf() -> None:
    """Who interrupts the tidying up would leave something behind."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
