"""The listening ports of one pod."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from testbed.kubelet.counters import Counters, Gauged, exposition
from testbed.kubelet.http_server import Listener, Responder, listen
from testbed.kubelet.identity import istio_labels, scrape_labels
from testbed.kubelet.responders import Application, Page
from testbed.kubelet.stage import Stage
from testbed.kubelet.status import Container
from testbed.kubelet.targets import METRICS_PORT


class PodPorts:
    def __init__(self, pod: Mapping[str, Any], address: str, stage: Stage) -> None:
        self._pod = pod
        self._metadata = pod["metadata"]
        self._address = address
        self._stage = stage
        self._counters = Counters()
        self._applications: dict[str, Application] = {}
        self._earlier_restarts: dict[str, int] = {}
        self._incident = 0.0
        self._listeners: list[Listener] = []

    async def open(self, containers: Sequence[Container]) -> list[Container]:
        """The containers again, those whose ports cannot be had with that as their problem."""
        specs = self._pod["spec"]["containers"]
        opened = [await self._start(one, spec) for one, spec in zip(containers, specs, strict=True)]
        if self._applications:
            await self._open_metrics()
        return opened

    def suffer(self, incident: float) -> None:
        """This share of the requests fails from now on, whatever the version; from 0 to 1."""
        self._incident = incident
        for application in self._applications.values():
            application.incident = incident

    def close(self) -> None:
        self._stage.targets.remove(self._metadata["uid"])
        for listener in self._listeners:
            listener.close()

    async def _start(self, container: Container, spec: Mapping[str, Any]) -> Container:
        if container.behaviour is None or not container.behaviour.runs:
            return container
        application = Application(container.behaviour, self._metadata["name"], self._counters, self._stage.chance)
        application.incident = self._incident
        try:
            for port in spec.get("ports", ()):
                if port.get("protocol", "TCP") == "TCP":
                    await self._listen(port["containerPort"], application)
        except OSError as error:
            return replace(container, behaviour=None, problem=str(error))
        self._applications[container.name] = application
        self._earlier_restarts[container.name] = container.restarts
        return container

    async def _open_metrics(self) -> None:
        try:
            await self._listen(METRICS_PORT, Page(self._metrics))
        except OSError:
            return  # a container has that port itself: what it answers there is its own affair
        self._stage.targets.add(self._metadata["uid"], self._address, scrape_labels(self._pod))

    async def _listen(self, port: int, responder: Responder) -> None:
        self._listeners.append(await listen(self._address, port, responder))

    def _metrics(self) -> bytes:
        gauged = {
            name: Gauged(one.memory, self._earlier_restarts[name] + one.restarts, one.cpu)
            for name, one in self._applications.items()
        }
        return exposition(self._counters, istio_labels(self._metadata, self._stage.services()), gauged)
