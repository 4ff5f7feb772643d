"""Kubernetes events about a rollout: told once, and counted when the same thing happens again."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from canary_operator.api.model import GROUP
from canary_operator.core.actions import Announce
from canary_operator.errors import CanaryError
from canary_operator.ports import Identity
from canary_operator.providers.json_patch import add
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import EVENTS, ROLLOUTS

_SAME_STORY = timedelta(minutes=10)
_REMEMBERED = 1000
_NOTE = 1024
_NAME = 230
_ACTION = "Reconcile"
_INSTANCE = 128


@dataclass(frozen=True, slots=True)
class Told:
    """An event that was written, how often it happened and when last."""

    name: str
    count: int
    at: datetime


class Events:
    """Best effort: an event that can't be written is dropped."""

    def __init__(self, kubernetes: Kubernetes, *, now: Callable[[], datetime], identity: str) -> None:
        self._kubernetes = kubernetes
        self._now = now
        self._identity = identity[:_INSTANCE]
        self._told: OrderedDict[tuple[str, str, str], Told] = OrderedDict()

    async def tell(self, rollout: Identity, action: Announce) -> None:
        key, now = (rollout.uid, action.reason, action.message), self._now()
        before = self._told.pop(key, None)
        try:
            if before is not None and now - before.at < _SAME_STORY:
                self._remember(key, await self._count(rollout, before, now))
            else:
                self._remember(key, await self._create(rollout, action, now))
        except CanaryError:
            return

    async def _create(self, rollout: Identity, action: Announce, now: datetime) -> Told:
        name = f"{rollout.name[:_NAME].rstrip('.-')}.{int(now.timestamp() * 1_000_000):x}"
        await self._kubernetes.create(EVENTS, rollout.namespace, self._event(rollout, action, name, now))
        return Told(name, 1, now)

    async def _count(self, rollout: Identity, before: Told, now: datetime) -> Told:
        series = {"count": before.count + 1, "lastObservedTime": _precisely(now)}
        await self._kubernetes.patch(EVENTS, rollout.namespace, before.name, (add(series, "series"),), seen=None)
        return Told(before.name, before.count + 1, now)

    def _event(self, rollout: Identity, action: Announce, name: str, now: datetime) -> dict[str, Any]:
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {"name": name, "namespace": rollout.namespace},
            "eventTime": _precisely(now),
            "reportingController": GROUP,
            "reportingInstance": self._identity,
            "action": _ACTION,
            "reason": action.reason,
            "note": _fitting(action.message),
            "type": "Warning" if action.warning else "Normal",
            "regarding": {
                "apiVersion": ROLLOUTS.api_version,
                "kind": ROLLOUTS.kind,
                "namespace": rollout.namespace,
                "name": rollout.name,
                "uid": rollout.uid,
            },
        }

    def _remember(self, key: tuple[str, str, str], told: Told) -> None:
        self._told[key] = told
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)


def _precisely(moment: datetime) -> str:
    """A MicroTime of the API."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _fitting(message: str) -> str:
    """At most as many bytes as the API takes."""
    return message.encode()[: _NOTE - 1].decode(errors="ignore")
