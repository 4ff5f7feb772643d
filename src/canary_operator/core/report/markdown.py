"""The report as Markdown: for a ticket, a chat, a pull request."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from canary_operator.api.report import Judged, Measured, Point, RunReport
from canary_operator.core.report import words
from canary_operator.core.report.courses import counted_course, number_course
from canary_operator.core.report.tables import number_table

MOST_ROWS = 12
_SPECIAL = "\\`*_[]<>|~&"
_AT_THE_BEGINNING = ("#", "+", "-", "=")
"""Markup only at the beginning of a line."""
T = TypeVar("T")
_ESCAPED = {ord(character): f"\\{character}" for character in _SPECIAL} | {ord("<"): "&lt;", ord("&"): "&amp;"}


def markdown(report: RunReport) -> str:
    """All text of users is escaped."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: RunReport) -> Iterator[str]:
    yield f"# {_plain(words.headline(report))}"
    if report.verdict:
        yield from ("", f"> {_plain(report.verdict)}")
    yield ""
    yield from _table(("", ""), words.facts(report))
    for metric in report.metrics:
        yield from _metric(metric, report.points)
    yield from ("", "## What happened", "")
    for event in report.events:
        yield f"- {words.moment(event.at)} **{_plain(event.reason)}** {_plain(event.message)}"
    yield from ("", "## The plan", "")
    yield from _table(("Stage", "Weight", "Duration"), words.plan(report))


def _metric(metric: Judged, points: Sequence[Point]) -> Iterator[str]:
    yield from ("", f"## {_plain(metric.name)}")
    if metric.sentence:
        yield from ("", _plain(metric.sentence))
    if course := counted_course(metric.name, points):
        yield ""
        yield from _table(("", ""), words.numbers(metric, course[-1][1]))
        yield ""
        yield from _table(("Time", "Weight", "Canary", "Baseline", "Ratio", "Evidence"), _rows(_some(course)))
    if numbers := number_course(metric.name, points):
        table = number_table(metric, _some(numbers))
        yield ""
        yield from _table(("", ""), words.values(metric, numbers[-1][1]))
        yield ""
        yield from _table(table.heads, table.rows)
    if metric.query:
        fence = "`" * max(3, _longest_run(metric.query, "`") + 1)
        yield from ("", f"{fence}promql", metric.query, fence)


def _rows(course: Iterable[tuple[Point, Measured]]) -> Iterator[tuple[str, ...]]:
    for point, seen in course:
        arms = (words.counted(seen.canary), words.counted(seen.baseline))
        yield words.clock(point.at), words.share(point.weight), *arms, words.interval(seen), words.number(seen.evidence)


def _some(course: Sequence[T]) -> list[T]:
    """Evenly chosen, with the first and the last."""
    if len(course) <= MOST_ROWS:
        return list(course)
    return [course[round(at * (len(course) - 1) / (MOST_ROWS - 1))] for at in range(MOST_ROWS)]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(_plain, row))} |"


def _plain(text: str) -> str:
    """One line in which nothing is markup."""
    line = " ".join(text.split()).translate(_ESCAPED)
    return f"\\{line}" if line.startswith(_AT_THE_BEGINNING) else line


def _longest_run(text: str, character: str) -> int:
    return max((len(list(run)) for found, run in itertools.groupby(text) if found == character), default=0)
