"""Passes at the right time: so many at once, one for each rollout, none while somebody else leads."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

import structlog

from canary_operator.operator.agenda import Agenda, Turn

WORKERS = 16
LONGEST_NAP = timedelta(seconds=30)
"""Our clock may be a little faster or slower than the event loop's; after this long we look at it again."""
AFTER_A_BUG = timedelta(seconds=10)

log = structlog.get_logger(__name__)

Pass = Callable[[Turn], Awaitable[datetime | None]]
"""Makes one pass and says when the next one is due."""


class Schedule:
    """Closed at first: `open` when we lead and have seen everything, `close` when that ends."""

    def __init__(self, *, now: Callable[[], datetime], workers: int = WORKERS) -> None:
        self._now = now
        self._agenda = Agenda()
        self._free = asyncio.Semaphore(workers)
        self._news = asyncio.Event()
        self._landed = asyncio.Condition()
        self._open = False

    @property
    def waiting(self) -> int:
        return self._agenda.waiting

    def mark(self, uid: str) -> None:
        """A pass over this rollout is due now; while closed this is nobody's business."""
        if self._open:
            self._agenda.mark(uid, self._now())
            self._news.set()

    def prefer(self, uid: str, *, urgent: bool) -> None:
        self._agenda.prefer(uid, urgent=urgent)

    def open(self, uids: Iterable[str]) -> None:
        """With a pass over each of these rollouts."""
        self._open = True
        for uid in uids:
            self.mark(uid)

    def close(self) -> None:
        """No pass begins any more, and what was due is forgotten; those in flight go on."""
        self._open = False
        self._agenda.clear()

    async def run(self, make_pass: Pass) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as flights:
            while True:
                await self._free.acquire()
                turn = await self._next()
                flights.create_task(self._fly(turn, make_pass), name=f"pass over {turn.uid}")

    async def drain(self, seconds: float) -> bool:
        """Wait for the passes in flight; False when one is still there after so many seconds."""
        async with self._landed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._landed.wait_for(lambda: not self._agenda.in_flight)
        return not self._agenda.in_flight

    async def _next(self) -> Turn:
        while True:
            self._news.clear()
            if self._open and (turn := self._agenda.take(self._now())):
                return turn
            await self._nap()

    async def _nap(self) -> None:
        due = self._agenda.next_alarm() if self._open else None
        span = LONGEST_NAP if due is None else min(LONGEST_NAP, max(due - self._now(), timedelta()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(span.total_seconds()):
                await self._news.wait()

    async def _fly(self, turn: Turn, make_pass: Pass) -> None:
        next_due: datetime | None = None
        try:
            next_due = await make_pass(turn)
        except Exception:
            log.exception("pass_failed", uid=turn.uid, advice="this is a bug of the operator")
            next_due = self._now() + AFTER_A_BUG
        finally:
            self._agenda.finish(turn.uid, next_due if self._open else None)
            self._free.release()
            self._news.set()
            async with self._landed:
                self._landed.notify_all()
