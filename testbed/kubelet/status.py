"""A pod's status as a function of its age. Pure: the same pod at the same age always has the same status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from testbed.kubelet.behaviour import Behaviour
from testbed.kubelet.lives import life_at, pause

NODE_ADDRESS = "127.0.0.1"
"""That of every Node object of the testbed."""
PULL_SECONDS = 1.0
"""How long a failing pull is ErrImagePull before it is ImagePullBackOff."""


@dataclass(frozen=True, slots=True)
class Container:
    name: str
    image: str
    behaviour: Behaviour | None
    """None where it cannot be started."""
    problem: str = ""
    """Why it cannot be started."""
    restarts: int = 0
    """Restarts that lie before the moment ages are counted from."""

    @property
    def runs(self) -> bool:
        return self.behaviour is not None and self.behaviour.runs


@dataclass(frozen=True, slots=True)
class Moment:
    """One container at one age."""

    status: Mapping[str, Any]
    next_change: float | None
    """The age at which the status will differ, or None when it stays."""

    @property
    def ready(self) -> bool:
        return bool(self.status["ready"])

    @property
    def pending(self) -> bool:
        """Whether it has never run."""
        never_ended = not self.status["restartCount"] and not self.status["lastState"]
        return "waiting" in self.status["state"] and never_ended


def container_at(container: Container, age: float, start: datetime) -> Moment:
    behaviour = container.behaviour
    if behaviour is None:
        return _waiting(container, "CreateContainerConfigError", container.problem)
    if behaviour.image_pull_fails:
        return _pulling(container, age)
    if behaviour.crash_loop:
        return _crashing(container, age, start, length=0)
    if behaviour.crash_after is not None:
        return _crashing(container, age, start, length=behaviour.crash_after)
    ready = not behaviour.never_ready and age >= behaviour.ready_after
    later = None if ready or behaviour.never_ready else behaviour.ready_after
    state = {"running": {"startedAt": timestamp(start)}}
    return Moment(_status(container, state, ready=ready, started=True), later)


def pod_status(moments: Sequence[Moment], address: str, start: datetime, now: datetime) -> dict[str, Any]:
    """The status as a strategic merge patch; conditions that others set, such as readiness gates, stay."""
    ready = all(moment.ready for moment in moments)
    return {
        "phase": "Pending" if any(moment.pending for moment in moments) else "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "hostIP": NODE_ADDRESS,
        "hostIPs": [{"ip": NODE_ADDRESS}],
        "startTime": timestamp(start),
        "conditions": [
            _condition("PodReadyToStartContainers", start, met=True),
            _condition("Initialized", start, met=True),
            _condition("ContainersReady", now, met=ready),
            _condition("Ready", now, met=ready),
        ],
        "containerStatuses": [moment.status for moment in moments],
    }


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pulling(container: Container, age: float) -> Moment:
    if age < PULL_SECONDS:
        return _waiting(container, "ErrImagePull", f'failed to pull "{container.image}"', until=PULL_SECONDS)
    return _waiting(container, "ImagePullBackOff", f'Back-off pulling image "{container.image}"')


def _crashing(container: Container, age: float, start: datetime, *, length: float) -> Moment:
    """Ready while it is alive; in the pause after that it waits for its restart."""
    life = life_at(age, length)
    if life.alive:
        state = {"running": {"startedAt": timestamp(start + timedelta(seconds=life.began))}}
        last = _ended(start, life.began - pause(life.restarts - 1), length) if life.restarts else {}
    else:
        message = f"back-off {pause(life.restarts):.0f}s restarting failed container={container.name}"
        state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        last = _ended(start, life.ends, length)
    status = _status(container, state, ready=life.alive, started=life.alive)
    counted = {"lastState": last, "restartCount": container.restarts + life.restarts}
    return Moment(status | counted, life.next_change)


def _ended(start: datetime, age: float, length: float) -> dict[str, Any]:
    began, ended = (timestamp(start + timedelta(seconds=seconds)) for seconds in (age - length, age))
    return {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": began, "finishedAt": ended}}


def _waiting(container: Container, reason: str, message: str, until: float | None = None) -> Moment:
    state = {"waiting": {"reason": reason, "message": message}}
    return Moment(_status(container, state, ready=False, started=False), until)


def _status(container: Container, state: Mapping[str, Any], *, ready: bool, started: bool) -> dict[str, Any]:
    return {
        "name": container.name,
        "image": container.image,
        "imageID": container.image if started else "",
        "state": state,
        "lastState": {},
        "ready": ready,
        "started": started,
        "restartCount": container.restarts,
    }


def _condition(kind: str, since: datetime, *, met: bool) -> dict[str, Any]:
    reason = {} if met else {"reason": "ContainersNotReady", "message": "containers with unready status"}
    return {"type": kind, "status": str(met), "lastTransitionTime": timestamp(since), **reason}
