"""Passes are made while we may write and have seen everything; at no other time."""

import asyncio
import gc
from collections.abc import Callable

import structlog

from canary_operator.operator.passes import Passes
from canary_operator.operator.schedule import Schedule
from canary_operator.operator.store import Store

LOOK_SECONDS = 0.1

log = structlog.get_logger(__name__)


class Gate:
    """Opens with a pass over every rollout; closes with everything forgotten that only memory holds."""

    def __init__(
        self,
        store: Store,
        schedule: Schedule,
        passes: Passes,
        *,
        may_write: Callable[[], bool],
        all_synced: Callable[[], bool],
    ) -> None:
        self._store, self._schedule, self._passes = store, schedule, passes
        self._may_write, self._all_synced = may_write, all_synced
        self._open = False
        self._frozen = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self, _leads: bool = False) -> None:
        """Open or close, if it is time."""
        synced = self._all_synced()
        if synced and not self._frozen:
            self._frozen = True
            freeze_what_stays()
        if (wanted := synced and self._may_write()) != self._open:
            self._open = wanted
            (self._start if wanted else self.close)()

    def close(self) -> None:
        """No pass begins any more, and no look is taken."""
        self._open = False
        self._schedule.close()
        self._passes.forget_all()
        log.info("passes_stopped")

    def _start(self) -> None:
        uids = tuple(self._store.uids())
        for uid in uids:
            self._schedule.prefer(uid, urgent=self._store.has_run(uid))
        self._schedule.open(uids)
        log.info("passes_started", rollouts=len(uids))


def freeze_what_stays() -> None:
    """The first list stays for ever: without it in view, the garbage collector's pauses are a third."""
    gc.collect()
    gc.freeze()
