"""The operator's Deployment, as far as a process without a container can follow it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from testbed.environment import ROOT
from testbed.errors import TestbedError

DEPLOY = ROOT / "deploy"
_FIELDS = {"metadata.name", "metadata.namespace"}


@dataclass(frozen=True, slots=True)
class Probe:
    """With Kubernetes' own defaults."""

    path: str
    period: float
    timeout: float
    failures: int

    @classmethod
    def read(cls, probe: Mapping[str, Any]) -> "Probe":
        period, timeout = probe.get("periodSeconds", 10), probe.get("timeoutSeconds", 1)
        return cls(probe["httpGet"]["path"], period, timeout, probe.get("failureThreshold", 3))

    @property
    def patience(self) -> float:
        """Seconds after which a kubelet gives up."""
        return self.period * self.failures


class Manifest:
    """Raises TestbedError for what only a kubelet could do."""

    def __init__(self, deployment: Mapping[str, Any]) -> None:
        self._pod = deployment["spec"]["template"]["spec"]
        self.namespace: str = deployment["metadata"]["namespace"]
        self.grace: float = self._pod.get("terminationGracePeriodSeconds", 30)
        """Seconds between SIGTERM and SIGKILL."""

    @cached_property
    def container(self) -> Mapping[str, Any]:
        containers = self._pod["containers"]
        if len(containers) != 1 or self._pod.get("initContainers"):
            raise TestbedError("The operator's pod has one container, or the testbed can't play it.")
        return dict(containers[0])

    @property
    def command(self) -> tuple[str, ...]:
        return (*self.container.get("command", ()), *self.container.get("args", ()))

    @property
    def startup(self) -> Probe:
        return Probe.read(self.container["startupProbe"])

    @property
    def readiness(self) -> Probe:
        return Probe.read(self.container["readinessProbe"])

    def environment(self, pod: str, namespace: str) -> dict[str, str]:
        """As the container of a pod with this name would have it."""
        fields = {"metadata.name": pod, "metadata.namespace": namespace}
        return {variable["name"]: _value(variable, fields) for variable in self.container.get("env", ())}


def manifest() -> Manifest:
    """Of the one Deployment in `deploy/`."""
    found = [document for document in _documents() if document["kind"] == "Deployment"]
    if len(found) != 1:
        raise TestbedError(f"{DEPLOY} has one Deployment, or nobody knows what to start; there are {len(found)}.")
    return Manifest(found[0])


def _documents() -> Iterator[dict[str, Any]]:
    for file in sorted(DEPLOY.glob("*.yaml")):
        yield from (document for document in yaml.safe_load_all(file.read_text(encoding="utf-8")) if document)


def _value(variable: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    if "valueFrom" not in variable:
        return str(variable.get("value", ""))
    path = variable["valueFrom"].get("fieldRef", {}).get("fieldPath")
    if path not in _FIELDS:
        raise TestbedError(f"The testbed can't give {variable['name']} its value; it knows {', '.join(_FIELDS)}.")
    return fields[path]
