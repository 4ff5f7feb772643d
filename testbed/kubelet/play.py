"""One pod, from the moment it is bound until it is gone."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog

from testbed.kubelet.pod_ports import PodPorts
from testbed.kubelet.settings import behaviour_of, incident_of
from testbed.kubelet.stage import Stage
from testbed.kubelet.status import Container, container_at, pod_status

LINGER = 1.0
"""Seconds a pod serves on before its object is deleted, and again after: Envoy learns of it a moment later."""
SHORTEST_WAIT = 0.01
_log = structlog.get_logger()


class Play:
    def __init__(self, pod: Mapping[str, Any], stage: Stage) -> None:
        """Raises IndexError when the cluster has no address left."""
        metadata = pod["metadata"]
        self._path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        self._uid = metadata["uid"]
        self._stage = stage
        self._start = datetime.now(UTC)
        self._containers = [container_of(spec, pod.get("status", {})) for spec in pod["spec"]["containers"]]
        self._address = stage.addresses.take(pod.get("status", {}).get("podIP"))
        self._ports = PodPorts(pod, self._address, stage)
        self._ending = asyncio.Event()

    def see(self, pod: Mapping[str, Any]) -> None:
        """The pod as it is by now: of everything that may change in it only the incident is played."""
        try:
            incident = incident_of(pod["metadata"])
        except ValueError as error:
            _log.warning("incident_refused", pod=self._path, error=str(error))
        else:
            self._ports.suffer(incident)

    def end(self) -> None:
        """The pod is being deleted, or is already."""
        self._ending.set()

    async def run(self) -> None:
        try:
            self._containers = await self._ports.open(self._containers)
            await self._report_until_end()
            await asyncio.sleep(LINGER)
            await self._stage.api.delete_now(self._path, self._uid)
            await asyncio.sleep(LINGER)
        finally:
            self._ports.close()
            self._stage.addresses.give_back(self._address)

    async def _report_until_end(self) -> None:
        reporting = asyncio.create_task(self._report())
        await self._ending.wait()
        reporting.cancel()
        with suppress(asyncio.CancelledError):
            await reporting

    async def _report(self) -> None:
        wait: float | None = 0.0
        while wait is not None:
            await asyncio.sleep(wait)
            status, wait = self._status()
            try:
                await self._stage.api.patch_status(self._path, self._uid, status)
            except Exception as error:  # noqa: BLE001 - whatever it is, the pod plays on
                _log.warning("status_refused", pod=self._path, error=str(error))

    def _status(self) -> tuple[dict[str, Any], float | None]:
        """The status now, and the seconds until it will be another one."""
        now = datetime.now(UTC)
        age = (now - self._start).total_seconds()
        moments = [container_at(container, age, self._start) for container in self._containers]
        status = pod_status(moments, self._address, self._start, now)
        changes = [moment.next_change for moment in moments if moment.next_change is not None]
        return status, max(min(changes) - age, SHORTEST_WAIT) if changes else None


def container_of(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Container:
    """What one entry of `spec.containers` will play.

    A pod that ran under an earlier kubelet lost its process with it, so that counts as a restart.
    """
    earlier = [one for one in status.get("containerStatuses", ()) if one["name"] == spec["name"]]
    restarts = sum(one["restartCount"] + int("running" in one["state"]) for one in earlier)
    try:
        return Container(spec["name"], spec["image"], behaviour_of(spec), restarts=restarts)
    except ValueError as error:
        return Container(spec["name"], spec["image"], None, str(error), restarts)
