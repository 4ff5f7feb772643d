"""The past, asked of Prometheus in pieces."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from canary_operator.backtest.recording import Answer, Recording
from canary_operator.backtest.wanted import Wanted
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.duration_queries import slow, spread
from canary_operator.providers.metrics.native import expanded
from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.metrics.tables import Row

POINTS = 10_000
"""Prometheus answers with at most 11 000 points of a series."""
MOST_SPREADS = 1000
"""Each reads half an hour of every bucket."""
MINUTE = timedelta(minutes=1)
Span = tuple[datetime, datetime]
Told = Callable[[Sequence[Row]], Iterator[Row]]


class Past(Protocol):
    """A provider that remembers."""

    def ask_range(self, query: str, start: datetime, end: datetime, step: timedelta) -> Sequence[Row]:
        """The rows of a range query; `Unavailable` when there is no complete answer."""


def record(past: Past, wanted: Wanted, span: Span, step: timedelta) -> Recording:
    """Blocks. `Unavailable` when a piece is missing: what is left out would look like silence.

    A question that only one metric has may fail alone, and is then that metric's misfortune.
    """
    rows = _asked(past, wanted.counters(), span, step)
    refused: dict[str, str] = {}
    durations, counted = _latencies(past, wanted, span, step, refused)
    own = {}
    for queries in wanted.queries:
        question = queries.together(step)
        try:
            own[queries.name] = Answer(question, _asked(past, question, span, step))
        except Unavailable as error:
            refused[queries.name] = str(error)
    pods = _pods(past, wanted, span)
    return Recording(*span, step, rows, durations, counted, own, refused, wanted.counters(), pods)


def _pods(past: Past, wanted: Wanted, span: Span) -> list[Row]:
    """Nothing where their own reports can't be had: many scrape the callers alone, and a run goes on without."""
    question = wanted.pods()
    try:
        return _asked(past, question, span, MINUTE) if question else []
    except Unavailable:
        return []


def _latencies(
    past: Past, wanted: Wanted, span: Span, step: timedelta, refused: dict[str, str]
) -> tuple[list[Row] | None, list[Row]]:
    """What a latency is judged by: the boundaries that were ever to be chosen, and what was counted at those."""
    if not wanted.latencies:
        return None, []
    rarely = max(step, (span[1] - span[0]) / MOST_SPREADS)
    try:
        durations = _asked(past, spread((wanted.arms.stable,), {}, wanted.arms.counted), span, rarely, expanded)
        chosen = {le for _, le in wanted.boundaries(durations)}
        services: tuple[Service, ...] = (wanted.arms.stable, wanted.arms.canary)
        return durations, _asked(past, slow(services, {}, chosen, wanted.arms.counted), span, step) if chosen else []
    except Unavailable as error:
        refused |= {one.title: str(error) for one in wanted.latencies}
        return None, []


def _asked(past: Past, query: str, span: Span, step: timedelta, told: Told = iter) -> list[Row]:
    """One row for each series, whatever the pieces were; `told` may tell it otherwise."""
    (start, end), piece = span, POINTS * step
    series: dict[frozenset[tuple[str, str]], dict[str, Any]] = {}
    while start <= end:
        try:
            for row in told(past.ask_range(query, start, min(start + piece - step, end), step)):
                known = series.setdefault(frozenset(row["metric"].items()), {"metric": row["metric"], "values": []})
                known["values"] += row["values"]
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise Unavailable("Prometheus did not answer with a range") from error
        start += piece
    return list(series.values())
