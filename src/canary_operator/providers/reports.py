"""Reports in ConfigMaps: one for each run, owned by the rollout, and only the newest are kept."""

import asyncio
import re
from typing import Any

from pydantic import ValidationError

from canary_operator.api.model import GROUP
from canary_operator.api.report import RunReport
from canary_operator.core.report.pages import DATA, rendered
from canary_operator.errors import Conflict
from canary_operator.ports import Identity
from canary_operator.providers.json_patch import add, same_object
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object
from canary_operator.providers.resources import CONFIG_MAPS, ROLLOUTS
from canary_operator.providers.workloads.marks import label_value, our_labels, shortened

RUN = f"{GROUP}/run"
"""Label of a report: the run that it is about."""
_OBJECT_NAME = 253


class KubernetesReports:
    """Implements `ports.Reports`."""

    def __init__(self, kubernetes: Kubernetes, *, newest: int) -> None:
        """So many reports of each rollout are kept; with 0 none is written."""
        self._kubernetes = kubernetes
        self._newest = newest

    async def kept(self, rollout: Identity, run: str) -> RunReport | None:
        if not self._newest:
            return None
        present = await self._kubernetes.get(CONFIG_MAPS, rollout.namespace, report_name(rollout.name, run))
        return _read(present) if present is not None and is_of(present, rollout) else None

    async def keep(self, rollout: Identity, report: RunReport) -> None:
        if not self._newest:
            return
        pages = await asyncio.to_thread(rendered, report)
        name = report_name(rollout.name, report.run)
        present = await self._kubernetes.get(CONFIG_MAPS, rollout.namespace, name)
        if present is None:
            await self._kubernetes.create(CONFIG_MAPS, rollout.namespace, _config_map(rollout, report, pages))
            await self._remove_older(rollout)
            return
        if not is_of(present, rollout):
            raise Conflict(f"ConfigMap {name} is not a report of this rollout")
        operations = (*same_object(present), add(pages, "data"))
        seen = present["metadata"]["resourceVersion"]
        await self._kubernetes.patch(CONFIG_MAPS, rollout.namespace, name, operations, seen=seen)

    async def _remove_older(self, rollout: Identity) -> None:
        labels = ",".join(f"{key}={value}" for key, value in our_labels(rollout).items())
        found = await self._kubernetes.list(
            CONFIG_MAPS, rollout.namespace, labels=f"{labels},{RUN}", metadata_only=True
        )
        reports = sorted((body for body in found if is_of(body, rollout)), key=_age, reverse=True)
        for body in reports[self._newest :]:
            metadata = body["metadata"]
            await self._kubernetes.delete(CONFIG_MAPS, rollout.namespace, metadata["name"], uid=metadata["uid"])


def report_name(rollout: str, run: str) -> str:
    """`checkout-report-0ffc804682-3`, in letters and digits that a name may hold and no longer than it may be."""
    tail = f"-report-{re.sub(r'[^a-z0-9]+', '-', run.lower()).strip('-')}"
    return shortened(rollout, _OBJECT_NAME - len(tail)).replace(".-", "--") + tail


def is_of(body: Object, rollout: Identity) -> bool:
    """Ours, about this very rollout: one of the same name that was made later is another."""
    metadata = body["metadata"]
    owners = {owner["uid"] for owner in metadata.get("ownerReferences") or []}
    return RUN in (metadata.get("labels") or {}) and rollout.uid in owners


def _age(body: Object) -> tuple[str, int]:
    """By its making; of two in one second the later has the higher number of the run."""
    metadata = body["metadata"]
    number = metadata["name"].rpartition("-")[2]
    return metadata.get("creationTimestamp", ""), int(number) if number.isdecimal() else 0


def _config_map(rollout: Identity, report: RunReport, pages: dict[str, str]) -> dict[str, Any]:
    owner = {
        "apiVersion": ROLLOUTS.api_version,
        "kind": ROLLOUTS.kind,
        "name": rollout.name,
        "uid": rollout.uid,
        "controller": True,
    }
    return {
        "apiVersion": CONFIG_MAPS.api_version,
        "kind": CONFIG_MAPS.kind,
        "metadata": {
            "name": report_name(rollout.name, report.run),
            "namespace": rollout.namespace,
            "labels": our_labels(rollout) | {RUN: label_value(report.run)},
            "ownerReferences": [owner],
        },
        "data": pages,
    }


def _read(body: Object) -> RunReport | None:
    """None where it is of another version, or somebody changed it."""
    try:
        return RunReport.model_validate_json((body.get("data") or {}).get(DATA, ""))
    except ValidationError:
        return None
