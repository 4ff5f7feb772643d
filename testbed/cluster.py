"""A cluster as Python code sees it: tests, the demo and the benchmarks."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from testbed import audit, control
from testbed.environment import child_environment, environment
from testbed.errors import TestbedError
from testbed.network import entering
from testbed.state import State


@dataclass(frozen=True, slots=True)
class ExtraPrometheus:
    name: str
    """What `stop`, `freeze` and their like call it."""
    url: str


class Cluster:
    """One that is up. Raises FileNotFoundError where none was ever started."""

    def __init__(self, directory: Path) -> None:
        self.state = State.load(directory)

    @classmethod
    def up(cls, directory: Path, owner: int | None = None, *, istio: bool = True) -> Self:
        """Starts a cluster that ends at the latest with the owner, by default the calling process."""
        command = [
            sys.executable,
            "-m",
            "testbed",
            "up",
            "--state",
            str(directory),
            "--owner",
            str(owner or os.getpid()),
        ]
        command += [] if istio else ["--without-istio-crds"]
        run = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise TestbedError(f"{run.stdout}{run.stderr}")
        return cls(directory)

    def down(self) -> None:
        control.end(self.state.directory)

    def env(self) -> dict[str, str]:
        """Variables to add to a program's environment."""
        return environment(self.state)

    @property
    def logs(self) -> Path:
        return self.state.logs

    @property
    def gateway_url(self) -> str:
        return self.state.url("gateway")

    @property
    def gateway_api_url(self) -> str:
        """The same Envoy, where it obeys HTTPRoutes."""
        return self.state.url("gateway_api")

    @property
    def prometheus_url(self) -> str:
        return self.state.url("prometheus")

    @property
    def kubeconfig(self) -> Path:
        return self.state.kubeconfig

    @property
    def operator_kubeconfig(self) -> Path:
        return self.state.operator_kubeconfig

    def run(self, *command: str, input: str | None = None) -> str:  # noqa: A002 -- called as in subprocess
        """The standard output of a command that sees the cluster. Raises TestbedError with its standard error."""
        words = (*entering(self.supervisor_pid()), *command) if self.state.own_network else command
        environment = {**os.environ, **self.env()}
        done = subprocess.run(words, env=environment, input=input, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise TestbedError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def kubectl(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002 -- called as in subprocess
        return self.run(self.state.binary("kubectl"), *arguments, input=input)

    def status(self) -> dict[str, str]:
        """Each process and whether it is running, frozen or ended."""
        return {process["name"]: process["state"] for process in self._ask("status")["processes"]}

    def supervisor_pid(self) -> int:
        return int(self._ask("status")["pid"])

    def stop(self, name: str) -> None:
        self._ask("stop", name=name)

    def start(self, name: str) -> None:
        """Returns when it is ready."""
        self._ask("start", name=name)

    def restart(self, name: str) -> None:
        self._ask("restart", name=name)

    def kill(self, name: str) -> None:
        self._ask("kill", name=name)

    def freeze(self, name: str) -> None:
        self._ask("freeze", name=name)

    def thaw(self, name: str) -> None:
        self._ask("thaw", name=name)

    def install_istio(self) -> None:
        """For a cluster that was started without."""
        self._ask("istio")

    def extra_prometheus(self, *, native: bool = False) -> ExtraPrometheus:
        """One more, scraping the same, so that a test may disturb it without disturbing others.

        `native`: it keeps native histograms.
        """
        return ExtraPrometheus(**self._ask("native prometheus" if native else "prometheus"))

    def operator_calls(self) -> Counter[str]:
        """The API calls of the operator's user since the cluster started, by verb."""
        return audit.calls_by_verb(self.state.audit_log)

    def _ask(self, verb: str, **arguments: str) -> Any:
        return control.ask(self.state.directory, verb, **arguments)
