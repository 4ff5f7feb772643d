"""The looks at how long requests take: beside the looks at what failed, which they never delay."""

import asyncio
from collections.abc import Mapping

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.counting import Asked
from canary_operator.providers.metrics.duration_queries import slow
from canary_operator.providers.metrics.durations import Table, samples, tabulate
from canary_operator.providers.metrics.readings import Survey
from canary_operator.providers.metrics.threads import Threads
from canary_operator.providers.metrics.watchlist import Watched

LONGEST_SECONDS = 30.0


class SlowLooks:
    """One query for all rollouts of a provider that judge a latency, in a thread of its own.

    It follows each look, and what it finds goes with the next one. Without an answer the samples grow old, and the
    judge says so when a stage wants to end.
    """

    def __init__(self, asked: Asked) -> None:
        self._counting = asked.counting
        self._server = asked.server
        self._threads = Threads(f"slow-{asked.config.name}", limit=1)
        self._watched: Mapping[str, Watched] = {}
        self._wanted = asyncio.Event()

    def want(self, watched: Mapping[str, Watched]) -> None:
        """Called after each look."""
        self._watched = {uid: one for uid, one in watched.items() if one.beside.boundaries}
        if self._watched:
            self._wanted.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    await self._look(dict(self._watched))
            except (Unavailable, TimeoutError):
                continue

    async def _look(self, watched: Mapping[str, Watched]) -> None:
        table = await self._threads.answer(lambda: self._take(watched))
        for one in watched.values():
            if isinstance(one.survey, Survey):
                one.slow = samples(one.arms, one.survey.source.reporter, one.beside.boundaries, table)

    def _take(self, watched: Mapping[str, Watched]) -> Table:
        """In a thread: ask and parse."""
        services = {arm for one in watched.values() for arm in (one.arms.stable, one.arms.canary)}
        boundaries = {boundary for one in watched.values() for boundary in one.beside.boundaries}
        counting = self._counting
        return tabulate(self._server.ask(slow(services, counting.labels, boundaries, counting.counted)))
