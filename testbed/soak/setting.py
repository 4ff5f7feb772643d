"""Where it happens: a cluster, two operators, some shops with customers, and the observer."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed.child import dies_with
from testbed.cluster import Cluster
from testbed.environment import child_environment
from testbed.errors import TestbedError
from testbed.operator import OperatorProcess, install
from testbed.shop import Shop
from testbed.soak.chronicle import Chronicle
from testbed.soak.person import manifest
from testbed.visit import own_cluster

RATE = 25
"""Requests per second to each shop."""
_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Setting:
    cluster: Cluster
    operators: tuple[OperatorProcess, OperatorProcess]
    shops: list[Shop]
    chronicle: Chronicle
    observer: "ObserverProcess"


class ObserverProcess:
    """It prints what it finds; this end repeats it, and keeps the last line, which is its result."""

    def __init__(self, cluster: Cluster, chronicle: Path, namespaces: list[str], say: Callable[[str], None]) -> None:
        command = (sys.executable, "-m", "testbed.soak.observer", str(cluster.state.directory), str(chronicle))
        self._say = say
        self._last = ""
        with (cluster.logs / "observed.log").open("wb") as errors:
            self._popen = subprocess.Popen(
                (*command, *namespaces),
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
                preexec_fn=dies_with(os.getpid()),  # noqa: PLW1509 -- no other thread has started yet
            )
        self._log = (cluster.logs / "observer.log").open("w", encoding="utf-8")
        self._echo = threading.Thread(target=self._repeat, name="observer", daemon=True)
        self._echo.start()

    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def result(self) -> dict[str, int]:
        """Waits for its end. TestbedError when it ended without one."""
        try:
            self._popen.wait(_PATIENCE)
            self._echo.join(_PATIENCE)
            found: dict[str, int] = json.loads(self._last)
        except (subprocess.TimeoutExpired, ValueError) as error:
            raise TestbedError(f"The observer gave no result; see observer.log and observed.log: {error}") from None
        return found

    def stop(self) -> None:
        self._popen.kill()
        self._popen.wait()
        self._echo.join(_PATIENCE)
        self._log.close()

    def _repeat(self) -> None:
        for line in self._popen.stdout or ():
            self._last = line
            self._log.write(line)
            self._log.flush()
            if not line.startswith("{"):
                self._say(line.rstrip())


@contextmanager
def setting(rollouts: int, all_well: Callable[[], bool], say: Callable[[str], None]) -> Iterator[Setting]:
    """Nothing of it is left at the end, whatever the end is; the logs stay when it was a failure."""
    stack = ExitStack()
    with own_cluster(stack, "soak", all_well, say) as cluster:
        install(cluster)
        chronicle = cluster.logs / "chronicle.jsonl"
        names = [f"soak-{number}" for number in range(1, rollouts + 1)]
        writing = Chronicle(chronicle)
        observer = ObserverProcess(cluster, chronicle, names, say)
        stack.callback(observer.stop)
        standby = {"CANARY_OPERATOR_KUBECONFIG": str(cluster.state.standby_kubeconfig)}
        first = stack.enter_context(OperatorProcess(cluster, "canary-operator-0"))
        second = stack.enter_context(OperatorProcess(cluster, "canary-operator-1", environment=standby))
        shops = [_open(cluster, name, stack) for name in names]
        say(f"{rollouts} shops with {RATE} requests per second each, two operators; logs in {cluster.logs}")
        yield Setting(cluster, (first, second), shops, writing, observer)


def _open(cluster: Cluster, namespace: str, stack: ExitStack) -> Shop:
    cluster.kubectl("create", "namespace", namespace)
    shop = Shop(cluster, namespace)
    shop.open("v1")
    shop.adopt(manifest())
    stack.enter_context(shop.traffic(RATE))
    return shop
