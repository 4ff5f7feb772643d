"""The looks by the user's own queries: beside all others, a few at a time."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import inf

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.hints import PAUSE_SECONDS
from canary_operator.providers.metrics.own_answers import NOTHING, OwnAnswers, company, read_into
from canary_operator.providers.metrics.own_hints import own_hint
from canary_operator.providers.metrics.own_queries import OwnQueries
from canary_operator.providers.metrics.readings import Survey
from canary_operator.providers.metrics.server import Server
from canary_operator.providers.metrics.tables import Row
from canary_operator.providers.metrics.threads import Threads
from canary_operator.providers.metrics.watchlist import Watched

AT_ONCE = 4
"""A slow query keeps one of so many places until its answer comes or its time is over."""
GRACE_SECONDS = 1.0


class OwnLooks:
    """Each query is asked once after each look, never twice at a time; its answer goes with the next look."""

    def __init__(self, config: ProviderConfig, server: Server) -> None:
        self._server = server
        self._seconds = config.timeout.total_seconds() + GRACE_SECONDS
        self._threads = Threads(f"own-{config.name}", limit=AT_ONCE)
        self._watched: Mapping[str, Watched] = {}
        self._asking: set[tuple[str, str]] = set()
        self._wanted = asyncio.Event()

    def want(self, watched: Mapping[str, Watched]) -> None:
        """Called after each look."""
        self._watched = {uid: one for uid, one in watched.items() if one.queries and isinstance(one.survey, Survey)}
        if self._watched:
            self._wanted.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                for uid, watched in self._watched.items():
                    for queries in watched.queries:
                        if (uid, queries.name) not in self._asking:
                            self._asking.add((uid, queries.name))
                            tasks.create_task(self._look(uid, watched, queries))

    async def _look(self, uid: str, watched: Watched, queries: OwnQueries) -> None:
        """Without an answer the sample grows old, and the reason is kept for whoever asks why."""
        answers = watched.own
        try:
            if isinstance(survey := watched.survey, Survey):
                if queries.kind == "Counter" and queries.name not in answers.phis:
                    answers.phis[queries.name] = company(await self._ask(queries.before()))
                read_into(answers, queries, await self._ask(queries.together(survey.scrape)), survey.scrape)
                await self._hint(answers, queries)
        except (Unavailable, TimeoutError) as error:
            answers.complaints[queries.name] = str(error) or f"no answer to the query within {self._seconds:g} s"
        finally:
            self._asking.discard((uid, queries.name))

    async def _hint(self, answers: OwnAnswers, queries: OwnQueries) -> None:
        """For people; who waits for it waits anyway, because nothing was found."""
        complaint = answers.complaints.get(queries.name, "")
        if not complaint.startswith(NOTHING):
            return
        asked_at, hint = answers.hints.get(queries.name, (-inf, ""))
        if time.monotonic() - asked_at > PAUSE_SECONDS:
            with suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(self._seconds):
                    text = "\n".join(text for _, text in queries.parts)
                    hint = await self._threads.answer(lambda: own_hint(text, self._server.ask))
            answers.hints[queries.name] = time.monotonic(), hint
        answers.complaints[queries.name] = f"{complaint}. {hint}".rstrip(" .")

    async def _ask(self, question: str) -> Sequence[Row]:
        async with asyncio.timeout(self._seconds):
            return await self._threads.answer(lambda: self._server.ask(question))
