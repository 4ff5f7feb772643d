import asyncio
from collections.abc import Mapping
from itertools import islice

from canary_operator.api.reasons import METRICS_UNAVAILABLE
from canary_operator.core.world import Unknown
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.counting import Asked
from canary_operator.providers.metrics.readings import Survey
from canary_operator.providers.metrics.subject import Subject, subject
from canary_operator.providers.metrics.survey import conduct
from canary_operator.providers.metrics.tables import Table
from canary_operator.providers.metrics.threads import Threads
from canary_operator.providers.metrics.watchlist import Watched, Watchlist

AT_ONCE = 100
"""Durations of so many rollouts are asked in one query: it reads twenty series for each code of each."""
LONGEST_SECONDS = 30.0


class Surveyor:
    """Measures the newly watched rollouts of one provider beside the looks, a hundred at a time."""

    def __init__(self, asked: Asked, watchlist: Watchlist, measured: asyncio.Event) -> None:
        """`measured` is set when a reading has become possible."""
        self._config = asked.config
        self._server = asked.server
        self._counting = asked.counting
        self._watchlist = watchlist
        self._measured = measured
        self._threads = Threads(f"survey-{asked.config.name}", limit=1)
        self._pending: dict[str, Subject] = {}
        self._batch: dict[str, Subject] = {}
        self._wanted = asyncio.Event()

    def want(self, watched: Mapping[str, Watched], table: Table) -> None:
        """Called after each look; who has no requests yet can't be measured yet."""
        unmeasured = {uid: one for uid, one in watched.items() if isinstance(one.survey, Unknown)}
        found = {
            uid: subject(one.arms.stable, table, one.beside.metrics, one.arms.application)
            for uid, one in unmeasured.items()
            if uid not in self._batch
        }
        self._pending = {uid: where for uid, where in found.items() if where is not None}
        if self._pending:
            self._wanted.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            while self._pending:
                self._batch = dict(islice(self._pending.items(), AT_ONCE))
                self._pending = {uid: one for uid, one in self._pending.items() if uid not in self._batch}
                await self._survey()
                self._batch = {}

    async def _survey(self) -> None:
        """What fails is asked again after the next look."""
        asked, batch = self._watchlist.all(), self._batch
        try:
            found = await self._conduct(batch)
        except (Unavailable, TimeoutError) as error:
            self._pending = {}
            reason = str(error) or f"Prometheus {self._config.name}: measuring took more than {LONGEST_SECONDS:g} s"
            found = dict.fromkeys(batch.values(), Unknown(reason, METRICS_UNAVAILABLE))
        for uid, where in batch.items():
            if (watched := asked.get(uid)) is not None:
                watched.survey = found[where]
                self._say(asked, uid, found[where])

    async def _conduct(self, batch: Mapping[str, Subject]) -> dict[Subject, Survey | Unknown]:
        counting, scrape = self._counting, self._config.scrape_interval
        async with asyncio.timeout(LONGEST_SECONDS):
            return await self._threads.answer(lambda: conduct(self._server.ask, batch.values(), counting, scrape))

    def _say(self, asked: Mapping[str, Watched], uid: str, outcome: Survey | Unknown) -> None:
        if isinstance(outcome, Unknown):
            self._watchlist.tell(asked, {uid: outcome})
        else:
            self._measured.set()
