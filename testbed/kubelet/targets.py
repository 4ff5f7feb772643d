"""The file from which Prometheus learns the pods' addresses."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

METRICS_PORT = 15020
"""Where an Istio sidecar serves the metrics of itself and of its application."""
PAUSE = 0.1
"""Seconds in which changes are gathered into one write."""


class Targets:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._groups: dict[str, dict[str, object]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, uid: str, address: str, labels: Mapping[str, str]) -> None:
        self._groups[uid] = {"targets": [f"{address}:{METRICS_PORT}"], "labels": dict(labels)}
        self._plan()

    def remove(self, uid: str) -> None:
        if self._groups.pop(uid, None):
            self._plan()

    def write(self) -> None:
        """In one step: Prometheus reads the old file or the new one."""
        self._timer = None
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(list(self._groups.values())), encoding="utf-8")
        temporary.replace(self._file)

    def _plan(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self.write)
