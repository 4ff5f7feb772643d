"""One pass over one rollout: from the store to the loop and back, and what follows when it fails."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from canary_operator.api.status import Status
from canary_operator.errors import Conflict, InvalidCanary, NotLeading, Refused, Unavailable
from canary_operator.operator.agenda import Turn
from canary_operator.operator.reading import read_verbs
from canary_operator.operator.store import Store
from canary_operator.operator.timed import TimedTraffic
from canary_operator.ports import Ports
from canary_operator.providers.journal import FINALIZER
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.objects import Object
from canary_operator.reconcile.loop import Decision, Learn, Rollout

FIRST_RETRY = timedelta(seconds=0.5)
A_MOMENT = timedelta(seconds=1)
"""The right to write may be back before anybody has noticed that it was gone."""
LONGEST_RETRY = timedelta(seconds=10)
LONGEST_RETRY_IN_A_RUN = timedelta(seconds=2)
_DOUBLINGS = 8

log = structlog.get_logger(__name__)

Reconcile = Callable[[Rollout, Ports, datetime, Learn], Awaitable[Decision]]


class Prefer(Protocol):
    def __call__(self, uid: str, *, urgent: bool) -> None: ...


class Watcher(Protocol):
    """Told how passes went; `operator.telemetry` is one."""

    def passed(self, turn: Turn, ended: datetime) -> None: ...

    def taken_back(self, turn: Turn, at: datetime) -> None: ...

    def failed(self, error: str) -> None: ...


class Reporter(Protocol):
    """Follows runs for their reports; `operator.reporting` is one."""

    def passed(self, rollout: Rollout, decision: Decision, now: datetime) -> None: ...

    def taken_back(self, uid: str, at: datetime) -> None: ...

    def forget(self, uids: Iterable[str]) -> None: ...


class Preflight(Protocol):
    """Looks around when a run begins; `operator.preflight` is one."""

    def passed(self, rollout: Rollout, decision: Decision) -> None: ...


@dataclass(slots=True)
class Passes:
    """Remembers what only memory holds: the working copy of each status, and failures in a row."""

    store: Store
    kubernetes: Kubernetes
    ports: Ports
    reconcile: Reconcile
    prefer: Prefer
    """Told of each rollout whether its passes go before those of others."""
    watcher: Watcher
    reporter: Reporter
    preflight: Preflight
    now: Callable[[], datetime]
    _working: dict[str, Status] = field(default_factory=dict)
    _failures: dict[str, int] = field(default_factory=dict)
    _reign: int = 0

    def forget_all(self) -> None:
        """Somebody else leads, or may have led: what we had in mind is out of date."""
        self._reign += 1
        self._failures.clear()
        self._working.clear()
        self.reporter.forget(self.store.uids())
        for uid in self.store.uids():
            self.ports.metrics.unwatch(uid)

    def present(self) -> Iterator[tuple[str, str, Status]]:
        """Namespace, name and working copy of every rollout that had a pass here."""
        for uid, status in self._working.items():
            if (body := self.store.body(uid)) is not None:
                yield body["metadata"]["namespace"], body["metadata"]["name"], status

    async def make(self, turn: Turn) -> datetime | None:
        """One pass; when the next one is due. Bugs are raised."""
        body = self.store.body(turn.uid)
        if body is None:
            self._forget(turn.uid)
            return None
        rollout = self._rollout(body)
        run = rollout.status.run
        bound = {"namespace": rollout.namespace, "rollout": rollout.name} | ({"run": run.id} if run else {})
        with bound_contextvars(**bound):
            return await self._guarded(turn, rollout)

    async def _guarded(self, turn: Turn, rollout: Rollout) -> datetime | None:
        reign = self._reign
        try:
            await self._read_references(turn.uid)
            decision = await self._decided(turn, rollout)
        except NotLeading:
            return self.now() + A_MOMENT
        except (Unavailable, InvalidCanary) as error:
            return self._again(rollout, error)
        if self._learn(turn.uid, reign, decision.status):
            self._failures.pop(turn.uid, None)
            self.prefer(turn.uid, urgent=decision.status.run is not None)
            self.reporter.passed(rollout, decision, self.now())
            self.preflight.passed(rollout, decision)
        return decision.next_due

    async def _decided(self, turn: Turn, rollout: Rollout) -> Decision:
        began = self.now()
        traffic = TimedTraffic(self.ports.traffic, lambda: self._taken_back(turn))
        learn = partial(self._learn, turn.uid, self._reign)
        decision = await self.reconcile(rollout, replace(self.ports, traffic=traffic), began, learn)
        self.watcher.passed(turn, self.now())
        if decision.actions:
            acts = [type(action).__name__ for action in decision.actions]
            log.info("acted", state=decision.status.state, reason=decision.finding.reason, actions=acts)
        return decision

    def _learn(self, uid: str, reign: int, status: Status) -> bool:
        """Keep this as the working copy; False where it belongs to a reign, or to an object, that is no more."""
        if reign != self._reign or self.store.body(uid) is None:
            return False
        self._working[uid] = status
        return True

    def _taken_back(self, turn: Turn) -> None:
        at = self.now()
        self.watcher.taken_back(turn, at)
        self.reporter.taken_back(turn.uid, at)

    def _forget(self, uid: str) -> None:
        self.reporter.forget((uid,))
        self._working.pop(uid, None)
        self._failures.pop(uid, None)
        self.ports.metrics.unwatch(uid)

    async def _read_references(self, uid: str) -> None:
        for reference in self.store.unread(uid):
            body = await self.kubernetes.get(reference.resource, reference.namespace, reference.name)
            self.store.settle(reference.resource, body, reference.key, before=None)

    def _again(self, rollout: Rollout, error: Unavailable | InvalidCanary) -> datetime:
        failures = self._failures[rollout.uid] = self._failures.get(rollout.uid, 0) + 1
        self.watcher.failed(type(error).__name__)
        if isinstance(error, Conflict) and failures == 1:
            log.debug("pass_repeated", error=str(error))
            return self.now()
        log.warning(
            "pass_put_off", error=str(error), refused=isinstance(error, Refused | InvalidCanary), failures=failures
        )
        longest = LONGEST_RETRY if rollout.status.run is None else LONGEST_RETRY_IN_A_RUN
        return self.now() + min(longest, FIRST_RETRY * (1 << min(failures - 1, _DOUBLINGS)))

    def _rollout(self, body: Object) -> Rollout:
        metadata = body["metadata"]
        saved = self.store.status(metadata["uid"])
        working = self._working.get(metadata["uid"], saved)
        return Rollout(
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata["uid"],
            generation=metadata["generation"],
            spec=self.store.spec(metadata["uid"]),
            status=working if working.revision >= saved.revision else saved,
            saved=saved,
            deleting="deletionTimestamp" in metadata,
            finalizer=FINALIZER in (metadata.get("finalizers") or []),
            verbs=read_verbs(body),
        )
