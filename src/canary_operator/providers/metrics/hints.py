"""What Prometheus has instead, where it has no request to a Service: most often a name is written otherwise."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from difflib import SequenceMatcher

from canary_operator.core.world import Unknown
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.applications import Application, some_series
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.queries import REPORTERS, Counted, Service, arm_in, present
from canary_operator.providers.metrics.server import Server
from canary_operator.providers.metrics.tables import Row, Table
from canary_operator.providers.metrics.threads import Threads
from canary_operator.providers.metrics.watchlist import Watched

PAUSE_SECONDS = 10.0
"""A hint is for people; nobody is judged by it."""
LONGEST_SECONDS = 10.0
_MOST_NAMES = 5
_LONGEST_SHOWN = 300
_ALIKE = 0.6
"""Names that have so much in common are meant, perhaps, for each other."""


class Hints:
    """Asks what there is, at leisure and in a thread of its own, as long as some baseline has no requests."""

    def __init__(self, config: ProviderConfig, server: Server) -> None:
        self._config = config
        self._server = server
        self._threads = Threads(f"hints-{config.name}", limit=1)
        self._silent: Collection[Watched] = ()
        self._wanted = asyncio.Event()

    def want(self, watched: Mapping[str, Watched], table: Table) -> None:
        """Called after each look."""
        unmeasured = (one for one in watched.values() if isinstance(one.survey, Unknown))
        self._silent = [one for one in unmeasured if not table.counts.get(one.arms.stable)]
        if self._silent:
            self._wanted.set()

    async def run(self) -> None:
        """Until cancelled. Without an answer there is no hint; the looks say what is wrong."""
        while True:
            await self._wanted.wait()
            await self._give(self._silent)
            await asyncio.sleep(PAUSE_SECONDS)
            self._wanted.clear()

    async def _give(self, silent: Collection[Watched]) -> None:
        by_callers = [one for one in silent if one.arms.application is None and not one.arms.copies]
        for counted in {one.arms.counted for one in by_callers}:
            await self._of_callers([one for one in by_callers if one.arms.counted == counted], counted)
        for one in silent:
            if (application := one.arms.application) is not None:
                await self._of_application(one, application)

    async def _of_application(self, one: Watched, application: Application) -> None:
        counter = application.counter
        with suppress(Unavailable, TimeoutError):
            rows = await self._ask(some_series(counter, self._config.match_labels))
            one.hint = labels_hint(counter.metric, rows)

    async def _of_callers(self, silent: Collection[Watched], what: Counted) -> None:
        if not silent:
            return
        query = present({one.arms.stable.namespace for one in silent}, self._config.match_labels, what)
        with suppress(Unavailable, TimeoutError):
            found = counted(await self._ask(query))
            for one in silent:
                one.hint = hint(one.arms.stable, found)

    async def _ask(self, query: str) -> Sequence[Row]:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await self._threads.answer(lambda: self._server.ask(query))


def labels_hint(metric: str, rows: Sequence[Row]) -> str:
    """What a series of the counter is labelled with: most often a label is called otherwise."""
    if not rows:
        return f"There is no series of {metric} at all."
    labels = rows[0].get("metric", {})
    shown = ", ".join(f'{name}="{labels[name]}"' for name in sorted(labels) if name != "__name__")
    return f"One of its series has {shown[:_LONGEST_SHOWN] or 'no labels'}."


def counted(rows: Iterable[Row]) -> Mapping[Service, frozenset[str]]:
    """By which kinds of reporter the requests to each arm are counted."""
    found: dict[Service, frozenset[str]] = {}
    try:
        for row in rows:
            labels = row["metric"]
            service = arm_in(labels)
            found[service] = found.get(service, frozenset()) | {labels["reporter"]}
    except (AttributeError, LookupError, TypeError) as error:
        raise Unavailable("Prometheus did not answer with names") from error
    return found


def hint(wanted: Service, found: Mapping[Service, frozenset[str]]) -> str:
    """One sentence more for the message."""
    if reporters := found.get(wanted, frozenset()) - set(REPORTERS):
        return f"Only {' and '.join(sorted(reporters))} reports count requests to it: the callers are not scraped."
    here = {
        service.name for service, by in found.items() if service.namespace == wanted.namespace and by & {*REPORTERS}
    }
    if not here:
        return f"It has none to anything in the namespace {wanted.namespace}."
    nearest = sorted(here, key=lambda name: (-_likeness(name, wanted.name), name))
    names = ", ".join(nearest[:_MOST_NAMES]) + (", …" if len(nearest) > _MOST_NAMES else "")
    meant = f"; did you mean {nearest[0]}?" if _likeness(nearest[0], wanted.name) >= _ALIKE else "."
    return f"In the namespace {wanted.namespace} it has requests to {names}{meant}"


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
