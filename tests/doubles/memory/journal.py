"""The rollout object in memory."""

from dataclasses import dataclass
from fractions import Fraction

from canary_operator.api.status import Status
from canary_operator.core.actions import AddFinalizer, Announce, Record, RemoveFinalizer, RemoveVerb
from canary_operator.errors import Conflict, Gone, Refused, Unavailable
from canary_operator.ports import Identity
from tests.doubles.memory.cluster import MemoryCluster


@dataclass(frozen=True, slots=True)
class MemoryJournal:
    cluster: MemoryCluster

    async def record(self, rollout: Identity, status: Status) -> None:
        assert rollout.uid == "u-1"
        self.cluster.calls.write(Record(status), self._share, lambda: self._record(status))

    async def set_finalizer(self, rollout: Identity, *, present: bool) -> None:
        assert rollout.uid == "u-1"
        action = AddFinalizer() if present else RemoveFinalizer()
        self.cluster.calls.write(action, self._share, lambda: self._set_finalizer(present=present))

    async def remove_verb(self, rollout: Identity, action: RemoveVerb) -> None:
        assert rollout.uid == "u-1"
        self.cluster.calls.write(action, self._share, lambda: self._remove_verb(action))

    async def announce(self, rollout: Identity, action: Announce) -> None:
        """Best effort: whatever fails but the process itself is swallowed."""
        assert rollout.uid == "u-1"
        try:
            self.cluster.calls.write(action, self._share, lambda: True)
        except Unavailable:
            return

    def _share(self) -> Fraction:
        return self.cluster.share

    def _record(self, status: Status) -> bool:
        if self.cluster.gone:
            raise Gone("CanaryRollout shop/checkout does not exist any more")
        if status.revision != self.cluster.status.revision + 1:
            raise Conflict("a record must follow the one before")
        self.cluster.status = Status.model_validate_json(status.model_dump_json(by_alias=True))
        return True

    def _set_finalizer(self, *, present: bool) -> bool:
        """As the API server: no finalizer comes to an object that is being deleted."""
        if present and self.cluster.deleting:
            raise Refused("no new finalizers can be added if the object is being deleted")
        changed = self.cluster.finalizer != present
        self.cluster.finalizer = present
        return changed

    def _remove_verb(self, action: RemoveVerb) -> bool:
        if self.cluster.verbs.get(action.verb) != action.value:
            return False
        del self.cluster.verbs[action.verb]
        return True
