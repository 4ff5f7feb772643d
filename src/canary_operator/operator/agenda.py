"""Whose pass is next. Pure: it is told the time and knows neither tasks nor clocks."""

import heapq
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

TURNS = 8
"""So many passes of urgent rollouts in a row, then one of the others: nobody waits for ever."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One pass that is to be made now, and since when it was due."""

    uid: str
    since: datetime


class Agenda:
    """A heap of alarms, two queues, and at most one pass in flight for each rollout.

    alarm ──its time comes──► queue (urgent | patient) ──take──► in flight ──finish──► alarm
    mark ───────────────────► queue, or after the flight of this rollout
    """

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._alarms: dict[str, datetime] = {}
        """The alarm that counts; another entry of the heap for this rollout is out of date."""
        self._queues: tuple[OrderedDict[str, datetime], OrderedDict[str, datetime]] = (OrderedDict(), OrderedDict())
        self._urgent: set[str] = set()
        self._in_flight: set[str] = set()
        self._again: dict[str, datetime] = {}
        self._in_a_row = 0

    @property
    def in_flight(self) -> int:
        return len(self._in_flight)

    @property
    def waiting(self) -> int:
        """Passes that are due and have not begun."""
        return sum(map(len, self._queues))

    def mark(self, uid: str, now: datetime) -> None:
        """Something happened to this rollout: a pass is due now."""
        if uid in self._in_flight:
            self._again.setdefault(uid, now)
        elif not any(uid in queue for queue in self._queues):
            self._queue_of(uid)[uid] = now

    def alarm(self, uid: str, at: datetime) -> None:
        """A pass is due at this time; only the last alarm of a rollout counts."""
        self._alarms[uid] = at
        heapq.heappush(self._heap, (at, uid))

    def prefer(self, uid: str, *, urgent: bool) -> None:
        """Rollouts in which a breach may be present go before those that rest."""
        if urgent == (uid in self._urgent):
            return
        (self._urgent.add if urgent else self._urgent.discard)(uid)
        for queue in self._queues:
            if since := queue.pop(uid, None):
                self._queue_of(uid)[uid] = since

    def take(self, now: datetime) -> Turn | None:
        """The next pass; it is in flight until `finish`."""
        self._ring(now)
        urgent, patient = self._queues
        queue = urgent if urgent and not (patient and self._in_a_row >= TURNS) else patient
        if not queue:
            return None
        self._in_a_row = self._in_a_row + 1 if queue is urgent else 0
        uid, since = queue.popitem(last=False)
        self._in_flight.add(uid)
        self._alarms.pop(uid, None)
        return Turn(uid, since)

    def finish(self, uid: str, next_due: datetime | None) -> None:
        """The pass has ended; what happened meanwhile is seen to at once."""
        self._in_flight.discard(uid)
        if since := self._again.pop(uid, None):
            self.mark(uid, since)
        elif next_due is not None:
            self.alarm(uid, next_due)
        else:
            self._urgent.discard(uid)

    def clear(self) -> None:
        """Nothing is due any more; passes in flight are still to finish."""
        self._alarms.clear()
        self._heap.clear()
        self._again.clear()
        self._urgent.clear()
        for queue in self._queues:
            queue.clear()

    def next_alarm(self) -> datetime | None:
        """When to look again although nothing happened."""
        while self._heap and self._alarms.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def _ring(self, now: datetime) -> None:
        while (at := self.next_alarm()) is not None and at <= now:
            _, uid = heapq.heappop(self._heap)
            del self._alarms[uid]
            self.mark(uid, at)

    def _queue_of(self, uid: str) -> "OrderedDict[str, datetime]":
        return self._queues[0 if uid in self._urgent else 1]
