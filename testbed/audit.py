"""The operator's API calls, from the API server's audit log."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_WRITES = {"create", "update", "patch", "delete", "deletecollection"}


@dataclass(frozen=True, slots=True)
class Write:
    """A write that the API server has answered."""

    at: datetime
    """When it was answered."""
    uid: str
    """Of the caller: each token has one."""
    verb: str
    resource: str
    """Such as "canaryrollouts/status"."""
    namespace: str
    name: str
    code: int

    @property
    def took_effect(self) -> bool:
        return 200 <= self.code < 300  # noqa: PLR2004 -- everybody knows what a 2xx is


def writes(log: Path) -> list[Write]:
    """In the order in which they were answered."""
    found = (_write(event) for event in _events(log) if event["verb"] in _WRITES and "responseStatus" in event)
    return sorted(found, key=lambda write: write.at)


def _write(event: dict[str, Any]) -> Write:
    what = event["objectRef"]
    return Write(
        at=datetime.fromisoformat(event["stageTimestamp"]),
        uid=event["user"]["uid"],
        verb=event["verb"],
        resource="/".join(part for part in (what["resource"], what.get("subresource")) if part),
        namespace=what.get("namespace", ""),
        name=what.get("name", ""),
        code=event["responseStatus"]["code"],
    )


def _events(log: Path) -> Iterator[dict[str, Any]]:
    """The last line may be in the making."""
    for line in log.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


def calls_by_verb(log: Path) -> Counter[str]:
    """How many calls there were for each verb; watches count from their beginning.

    A call is logged once per stage that it went through, hence the set.
    """
    if not log.exists():
        return Counter()
    calls = {(event["auditID"], event["verb"]) for event in _events(log)}
    return Counter(verb for _, verb in calls)
