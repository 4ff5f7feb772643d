"""All pods of the cluster: starts a play for each bound pod and ends it when the pod goes."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from testbed.kubelet.api import Changed, Listed
from testbed.kubelet.identity import Service
from testbed.kubelet.play import Play
from testbed.kubelet.stage import Stage

_log = structlog.get_logger()


class Services:
    """The Services of the cluster as last seen."""

    def __init__(self) -> None:
        self._by_uid: dict[str, Service] = {}

    def all(self) -> tuple[Service, ...]:
        return tuple(self._by_uid.values())

    def see(self, news: Listed | Changed) -> None:
        if isinstance(news, Listed):
            self._by_uid = {body["metadata"]["uid"]: Service.read(body) for body in news.items}
        elif news.kind == "DELETED":
            self._by_uid.pop(news.body["metadata"]["uid"], None)
        else:
            self._by_uid[news.body["metadata"]["uid"]] = Service.read(news.body)


class Pods:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._plays: dict[str, Play] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.seen = False
        """Whether the pods have been listed once."""

    def see(self, news: Listed | Changed) -> None:
        if isinstance(news, Changed):
            self._see_pod(news.body, gone=news.kind == "DELETED")
            return
        for uid in self._plays.keys() - {body["metadata"]["uid"] for body in news.items}:
            self._plays[uid].end()
        for body in news.items:
            self._see_pod(body, gone=False)
        self.seen = True

    def _see_pod(self, pod: Mapping[str, Any], *, gone: bool) -> None:
        uid = pod["metadata"]["uid"]
        ending = gone or "deletionTimestamp" in pod["metadata"]
        if uid not in self._plays and not gone and _is_bound(pod):
            self._begin(uid, pod)
        if uid not in self._plays:
            return
        self._plays[uid].see(pod)
        if ending:
            self._plays[uid].end()

    def _begin(self, uid: str, pod: Mapping[str, Any]) -> None:
        try:
            play = Play(pod, self._stage)
        except Exception:  # noqa: BLE001 - a pod that cannot be played must not end the others
            _log.exception("pod_not_played", pod=pod["metadata"]["name"])
            return
        self._plays[uid] = play
        task = asyncio.create_task(play.run())
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(uid, done))

    def _ended(self, uid: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._plays.pop(uid, None)
        if not task.cancelled() and (error := task.exception()):
            _log.error("play_broke_off", uid=uid, error=repr(error))


def _is_bound(pod: Mapping[str, Any]) -> bool:
    return bool(pod["spec"].get("nodeName")) and pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}
