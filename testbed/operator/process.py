"""One replica of the operator as a process of the caller, with which it dies."""

import os
import signal
import sys
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from testbed.child import Child
from testbed.cluster import Cluster
from testbed.environment import child_environment
from testbed.errors import TestbedError
from testbed.operator.manifest import Manifest, Probe, manifest
from testbed.operator.port import claim_port
from testbed.operator.usage import Usage, usage
from testbed.process import Process
from testbed.wall_clock import WallClock

_GLANCE = 0.1
"""Seconds between two questions whether it is ready: a kubelet asks less often, but nobody waits for that one."""
_OK = 200


class OperatorProcess:
    """Started as `deploy/` says; only what a container or a cluster's DNS would give is put in its place.

    It lives in the network of its caller. `with` starts it, and stops it at the end.
    """

    def __init__(  # noqa: PLR0913 -- each names one thing that differs between tests
        self,
        cluster: Cluster,
        pod: str = "canary-operator-0",
        *,
        namespace: str | None = None,
        prometheus_url: str | None = None,
        environment: Mapping[str, str] | None = None,
        clock: WallClock | None = None,
    ) -> None:
        """`pod` is its name in the Lease and that of its log: replicas side by side need different ones.

        `namespace` restricts it to the rollouts of one namespace and keeps its Lease there, where `lend_leadership`
        has to come first. `environment` wins over everything. `clock` is the wall clock that it goes by.
        """
        self._cluster, self._manifest = cluster, manifest()
        port, claim = claim_port(cluster.state)
        weakref.finalize(self, claim.close)
        self.url = f"http://127.0.0.1:{port}"
        substituted = {
            "CANARY_OPERATOR_KUBECONFIG": str(cluster.operator_kubeconfig),
            "CANARY_OPERATOR_PROMETHEUS_URL": prometheus_url or cluster.prometheus_url,
            "CANARY_OPERATOR_LISTEN": f"127.0.0.1:{port}",
            "PYTHONPATH": child_environment()["PYTHONPATH"],
            "PYTHONUNBUFFERED": "1",
        }
        restricted = {"CANARY_OPERATOR_NAMESPACES": namespace} if namespace else {}
        told = self._manifest.environment(pod, namespace or self._manifest.namespace)
        self._process = Process(
            name=pod,
            command=clock.wrapped(_found(self._manifest)) if clock else _found(self._manifest),
            environment={**told, **substituted, **restricted, **(environment or {})},
            ready=self.url + self._manifest.readiness.path,
        )
        self._child: Child | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> float:
        """Returns when it is ready: the seconds that this took. Call it from the main thread.

        The kernel ends a child together with the *thread* that started it.
        """
        if self.is_alive():
            raise TestbedError(f"{self._process.name} runs already.")
        began = time.monotonic()
        self._child = Child(self._process, self._cluster.state)
        try:
            self._await(self._manifest.startup, self._manifest.startup.patience)
            self._await(self._manifest.readiness, self._manifest.startup.patience)
        except BaseException:
            self.kill()
            raise
        return time.monotonic() - began

    def stop(self) -> float:
        """SIGTERM, and SIGKILL after the pod's grace period: the seconds until it was gone. Once more does nothing."""
        began = time.monotonic()
        if self.is_alive():
            self._present.signal(signal.SIGTERM)
            self.thaw()
            if not self._gone_within(self._manifest.grace):
                self.kill()
        return time.monotonic() - began

    def restart(self) -> float:
        """As when its container is started anew: under the same name. The seconds until it was ready again."""
        began = time.monotonic()
        self.stop()
        self.start()
        return time.monotonic() - began

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self._present.signal(signal.SIGKILL)
        self._gone_within(self._manifest.grace)

    def freeze(self) -> None:
        self._present.freeze()

    def thaw(self) -> None:
        self._present.thaw()

    def is_alive(self) -> bool:
        return self._child is not None and self._child.exit_code is None

    def is_ready(self) -> bool:
        """As the readiness probe would answer once."""
        return self._answers(self._manifest.readiness)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative after a signal."""
        return self._present.exit_code

    @property
    def pid(self) -> int:
        return self._present.pid

    @property
    def log(self) -> Path:
        return self._cluster.logs / f"{self._process.name}.log"

    def usage(self) -> Usage:
        """Of this very moment, from the kernel."""
        return usage(self.pid)

    def metrics(self) -> str:
        """What Prometheus would scrape."""
        answer = requests.get(f"{self.url}/metrics", timeout=5)
        answer.raise_for_status()
        return answer.text

    def leads(self) -> bool:
        """Whether it may write at this moment, by its own word."""
        return "\ncanary_operator_leader 1.0\n" in self.metrics()

    @property
    def _present(self) -> Child:
        if self._child is None:
            raise TestbedError(f"{self._process.name} was not started yet.")
        return self._child

    def _await(self, probe: Probe, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not self._answers(probe):
            if not self.is_alive() or time.monotonic() > deadline:
                raise TestbedError(self._complaint(probe))
            time.sleep(_GLANCE)

    def _answers(self, probe: Probe) -> bool:
        try:
            return requests.get(self.url + probe.path, timeout=probe.timeout).status_code == _OK
        except requests.RequestException:
            return False

    def _complaint(self, probe: Probe) -> str:
        child = self._present
        return f"The operator does not answer {probe.path}: {child.describe()}. From {self.log}:\n{child.last_words()}"

    def _gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self.is_alive()


def _found(deployed: Manifest) -> tuple[str, ...]:
    """The command, with the program of our own Python environment in the place of the image's."""
    program, *arguments = deployed.command
    path = Path(sys.executable).parent / program
    if not os.access(path, os.X_OK):
        raise TestbedError(f"{path} is missing: install the project first, with `make check` for example.")
    return (str(path), *arguments)
