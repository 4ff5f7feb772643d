"""What is wrong with pods that do not get ready, and whose fault it is."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from canary_operator.core.world import Fault, Restart, Trouble
from canary_operator.providers.objects import Object

_STARTING = frozenset({"ContainerCreating", "PodInitializing"})
_LOST = frozenset({"Unknown", "ContainerStatusUnknown"})
_MESSAGE = 500


def find_trouble(deployment: Object, pods: Sequence[Object]) -> Trouble | None:
    """The weightiest complaint.

    A broken container is the release's fault even where another pod finds no room; a container that merely is not
    ready yet comes last, because there may be a better explanation.
    """
    staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    complaints = (
        (Fault.RELEASE, _broken(staying)),
        (Fault.CLUSTER, _without_room(staying)),
        (Fault.CLUSTER, _disrupted(pods)),
        (Fault.CLUSTER, _not_made(deployment)),
        (Fault.RELEASE, _not_ready(staying)),
    )
    return next((Trouble(fault, words[:_MESSAGE]) for fault, said in complaints for words in said), None)


def find_restarts(pods: Iterable[Object]) -> tuple[Restart, ...]:
    """Containers that ended and were started anew in the same pod. A pod that the cluster took is another one then.

    After a node started anew its pods are the same, and Kubernetes says that it lost sight of their containers.
    """
    return tuple(
        Restart(times, _ended_at(container), _sentence(pod, container, _last_words(container))[:_MESSAGE])
        for pod, container in _containers(pods)
        if (times := int(container.get("restartCount") or 0)) and _last(container).get("reason") not in _LOST
    )


def _last(container: Object) -> dict[str, Any]:
    return (container.get("lastState") or {}).get("terminated") or {}


def _ended_at(container: Object) -> datetime | None:
    ended = _last(container)
    return datetime.fromisoformat(ended["finishedAt"]) if ended.get("finishedAt") else None


def _broken(pods: Iterable[Object]) -> Iterator[str]:
    for pod, container in _containers(pods):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if (reason := waiting.get("reason")) and reason not in _STARTING:
            yield _sentence(pod, container, reason, waiting.get("message"), _last_words(container))
        ended = (container.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            yield _sentence(pod, container, _ending(ended))


def _without_room(pods: Iterable[Object]) -> Iterator[str]:
    for pod in pods:
        scheduled = _condition(pod, "PodScheduled")
        if scheduled.get("status") == "False":
            yield _sentence(pod, None, scheduled.get("reason"), scheduled.get("message"))


def _disrupted(pods: Iterable[Object]) -> Iterator[str]:
    for pod in pods:
        target, status = _condition(pod, "DisruptionTarget"), pod.get("status") or {}
        if target.get("status") == "True":
            yield _sentence(pod, None, target.get("reason"), target.get("message"))
        elif status.get("phase") == "Failed" and status.get("reason"):
            yield _sentence(pod, None, status["reason"], status.get("message"))


def _not_made(deployment: Object) -> Iterator[str]:
    """Quota or admission kept the ReplicaSet from making pods."""
    failure = _condition(deployment, "ReplicaFailure")
    if failure.get("status") == "True":
        yield f"no pod could be made: {failure.get('message') or failure.get('reason')}"


def _not_ready(pods: Iterable[Object]) -> Iterator[str]:
    for pod, container in _containers(pods):
        if "running" in (container.get("state") or {}) and not container.get("ready"):
            yield _sentence(pod, container, "runs but is not ready", _last_words(container))


def _containers(pods: Iterable[Object]) -> Iterator[tuple[Object, dict[str, Any]]]:
    for pod in pods:
        status = pod.get("status") or {}
        for kind in ("initContainerStatuses", "containerStatuses"):
            for container in status.get(kind) or []:
                yield pod, container


def _last_words(container: Object) -> str | None:
    ended = _last(container)
    return f"before, it ended with {_ending(ended)}" if ended else None


def _ending(ended: Object) -> str:
    return f"{ended.get('reason', 'Error')}, exit code {ended.get('exitCode')}"


def _condition(body: Object, kind: str) -> dict[str, Any]:
    conditions = (body.get("status") or {}).get("conditions") or []
    return next((condition for condition in conditions if condition["type"] == kind), {})


def _sentence(pod: Object, container: Object | None, *parts: str | None) -> str:
    where = f"pod {pod['metadata']['name']}" + (f", container {container['name']}" if container else "")
    return ": ".join((where, *(part for part in parts if part)))
