"""The looks at one provider: one query for all of its rollouts, once per scrape, beside every pass."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from canary_operator.api.reasons import METRICS_UNAVAILABLE
from canary_operator.core.world import Reading, Unknown
from canary_operator.errors import Unavailable
from canary_operator.ports import NOTHING_BESIDE, Beside
from canary_operator.providers.metrics.counting import Asked
from canary_operator.providers.metrics.hints import Hints
from canary_operator.providers.metrics.own_looks import OwnLooks
from canary_operator.providers.metrics.own_queries import OwnQueries
from canary_operator.providers.metrics.pace import SHORTEST_PERIOD, Pace
from canary_operator.providers.metrics.readings import Arms, Survey, read
from canary_operator.providers.metrics.server import Look
from canary_operator.providers.metrics.slow_looks import SlowLooks
from canary_operator.providers.metrics.surveyor import Surveyor
from canary_operator.providers.metrics.tables import Table, tabulate
from canary_operator.providers.metrics.threads import Threads
from canary_operator.providers.metrics.watchlist import Watched, Watchlist

GRACE_SECONDS = 1.0
"""Beyond the client's own timeout, which starts anew with each piece of an answer."""
Answer = tuple[Table, dict[str, Reading | Unknown]]


class Looks:
    """Everything that is asked of one provider about rollouts whose requests are counted in one way."""

    def __init__(
        self,
        asked: Asked,
        *,
        on_reading: Callable[[str], None],
        observe: Callable[[Look], None],
        now: Callable[[], datetime],
    ) -> None:
        """`on_reading` gets the uid of a rollout whose reading is new; all are called in the event loop's thread."""
        config, server = asked.config, asked.server
        self._config = config
        self._server = server
        self._counting = asked.counting
        self._observe = observe
        self._now = now
        self._seconds = config.timeout.total_seconds() + GRACE_SECONDS
        self._pace = Pace()
        self._threads = Threads(f"look-{config.name}", limit=1)
        self._wanted = asyncio.Event()
        self._watchlist = Watchlist(on_reading)
        self._surveyor = Surveyor(asked, self._watchlist, self._wanted)
        self._hints = Hints(config, server)
        self._slow_looks = SlowLooks(asked)
        self._own_looks = OwnLooks(config, server)

    def watch(self, uid: str, arms: Arms, beside: Beside = NOTHING_BESIDE, own: tuple[OwnQueries, ...] = ()) -> None:
        if self._watchlist.add(uid, arms, beside, own):
            self._wanted.set()

    def unwatch(self, uid: str) -> None:
        self._watchlist.remove(uid)

    def latest(self, uid: str) -> Reading | Unknown:
        return self._watchlist.latest(uid, answer_seconds=self._seconds)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_looking())
                tasks.create_task(self._surveyor.run())
                tasks.create_task(self._hints.run())
                tasks.create_task(self._slow_looks.run())
                tasks.create_task(self._own_looks.run())
        finally:
            self._server.close()

    async def _keep_looking(self) -> None:
        """One look at a time; nothing is asked, and nothing runs, while nothing is watched."""
        while True:
            if not (watched := self._watchlist.all()):
                await self._wanted.wait()
                watched = self._watchlist.all()
            self._wanted.clear()
            began = time.monotonic()
            wait = await self._look(watched) if watched else 0.0
            await self._sleep(until=began + wait, soonest=began + SHORTEST_PERIOD)

    async def _sleep(self, *, until: float, soonest: float) -> None:
        """A newcomer need not wait for the next scrape, but many newcomers get one look together."""
        with suppress(TimeoutError):
            async with asyncio.timeout(until - time.monotonic()):
                await self._wanted.wait()
                await asyncio.sleep(soonest - time.monotonic())

    async def _look(self, watched: Mapping[str, Watched]) -> float:
        """One query and its readings; answers how long after it the next one is due."""
        began, asked = time.monotonic(), self._now()
        try:
            async with asyncio.timeout(self._seconds):
                table, readings = await self._threads.answer(lambda: self._take(watched))
        except (Unavailable, TimeoutError) as error:
            reason = str(error) or f"Prometheus {self._config.name}: no complete answer within {self._seconds:g} s"
            self._watchlist.tell(watched, dict.fromkeys(watched, Unknown(reason, METRICS_UNAVAILABLE)))
            self._report(began, watched, error=reason)
            return self._pace.after_failure()
        skew = table.evaluated - asked if table.evaluated else None
        self._watchlist.tell(watched, _completed(readings, watched, skew))
        self._surveyor.want(watched, table)
        self._hints.want(watched, table)
        self._slow_looks.want(watched)
        self._own_looks.want(watched)
        self._report(began, watched, skew=skew)
        return self._pace.after_answer(*_rhythm(watched.values(), table))

    def _take(self, watched: Mapping[str, Watched]) -> Answer:
        """In a thread: ask and parse."""
        table = tabulate(self._server.ask(self._counting.counters([one.arms for one in watched.values()])))
        return table, {uid: read(one.arms, one.survey, table, one.hint) for uid, one in watched.items()}

    def _report(
        self, began: float, watched: Mapping[str, Watched], *, error: str | None = None, skew: timedelta | None = None
    ) -> None:
        self._observe(Look(self._config.name, time.monotonic() - began, len(watched), error, skew))


def _completed(
    readings: Mapping[str, Reading | Unknown], watched: Mapping[str, Watched], skew: timedelta | None
) -> dict[str, Reading | Unknown]:
    """Each reading with the newest slow requests, and with how far its provider's clock is from ours.

    The latter by up to the time of the answer too much.
    """
    return {uid: one if isinstance(one, Unknown) else _with(one, watched[uid], skew) for uid, one in readings.items()}


def _with(reading: Reading, watched: Watched, skew: timedelta | None) -> Reading:
    own = watched.own
    sample = replace(
        reading.sample, beside={**watched.slow, **own.samples}, numbers=dict(own.numbers), pods=dict(own.pods)
    )
    skewed = reading.skew if skew is None else skew
    return replace(reading, sample=sample, complaints=dict(own.complaints), skew=skewed)


def _rhythm(watched: Iterable[Watched], table: Table) -> tuple[float, float | None]:
    """The shortest measured scrape interval, and the age of the newest sample from the source that has it; seconds."""
    measured = [one.survey for one in watched if isinstance(one.survey, Survey)]
    if not measured:
        return SHORTEST_PERIOD, None
    fastest = min(measured, key=lambda survey: (survey.scrape, survey.source))
    scraped = table.scraped.get(fastest.source)
    age = (table.evaluated - scraped).total_seconds() if table.evaluated and scraped else None
    return max(SHORTEST_PERIOD, fastest.scrape.total_seconds()), age
