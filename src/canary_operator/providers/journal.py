"""The rollout object itself: its status, finalizer and verbs, and the events about it."""

from collections.abc import Callable
from datetime import datetime

from canary_operator.api.model import GROUP
from canary_operator.api.status import Status
from canary_operator.core.actions import Announce, RemoveVerb
from canary_operator.errors import Conflict, Gone
from canary_operator.ports import Identity
from canary_operator.providers.events import Events
from canary_operator.providers.json_patch import Operation, add, remove, test
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object, Objects
from canary_operator.providers.resources import ROLLOUTS
from canary_operator.providers.stored import Stored

FINALIZER = f"{GROUP}/finalizer"


class KubernetesJournal:
    """Implements `ports.Journal`. Every write applies to exactly the copy in the store."""

    def __init__(self, kubernetes: Kubernetes, objects: Objects, *, now: Callable[[], datetime], identity: str) -> None:
        """`identity` names this process in events; `now` is in UTC."""
        self._objects = objects
        self._stored = Stored(kubernetes, objects)
        self._events = Events(kubernetes, now=now, identity=identity)

    async def record(self, rollout: Identity, status: Status) -> None:
        """Raises Conflict where the status in the store is not the one that this follows."""
        body = self._body(rollout)
        if (body.get("status") or {}).get("revision", 0) != status.revision - 1:
            raise Conflict(f"somebody else wrote the status that number {status.revision} was to follow")
        written = status.model_dump(mode="json", by_alias=True, exclude_none=True)
        await self._stored.patch(ROLLOUTS, body, (add(written, "status"),), subresource="status")

    async def set_finalizer(self, rollout: Identity, *, present: bool) -> None:
        if present:
            body = self._body(rollout)
            await self._stored.patch(ROLLOUTS, body, _with_finalizer(body))
        else:
            await self._release(rollout)

    async def remove_verb(self, rollout: Identity, action: RemoveVerb) -> None:
        body, key = self._body(rollout), f"{GROUP}/{action.verb}"
        if (body["metadata"].get("annotations") or {}).get(key) == action.value:
            place = ("metadata", "annotations", key)
            await self._stored.patch(ROLLOUTS, body, (test(action.value, *place), remove(*place)))

    async def announce(self, rollout: Identity, action: Announce) -> None:
        await self._events.tell(rollout, action)

    async def _release(self, rollout: Identity) -> None:
        """Take the finalizer off; the object may be gone by that very write, or before."""
        try:
            body = self._body(rollout)
            answer = await self._stored.patch(ROLLOUTS, body, _without_finalizer(body))
        except Gone:
            return
        metadata = answer["metadata"]
        if "deletionTimestamp" in metadata and not metadata.get("finalizers"):
            self._objects.drop(ROLLOUTS, rollout.namespace, rollout.name, body)

    def _body(self, rollout: Identity) -> Object:
        """The newest copy of this very rollout; one of the same name that was made later is another."""
        body = self._objects.get(ROLLOUTS, rollout.namespace, rollout.name)
        if body is None or body["metadata"]["uid"] != rollout.uid:
            raise Gone(f"CanaryRollout {rollout.key} does not exist any more")
        return body


def _with_finalizer(body: Object) -> tuple[Operation, ...]:
    present = body["metadata"].get("finalizers") or []
    return () if FINALIZER in present else (add([*present, FINALIZER], "metadata", "finalizers"),)


def _without_finalizer(body: Object) -> tuple[Operation, ...]:
    present = body["metadata"].get("finalizers") or []
    if FINALIZER not in present:
        return ()
    return (add([name for name in present if name != FINALIZER], "metadata", "finalizers"),)
