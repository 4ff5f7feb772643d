"""The report as one page of HTML that needs nothing else: no script, no font, no address."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from canary_operator.api.report import Judged, Point, RunReport
from canary_operator.core.report import words
from canary_operator.core.report.courses import counted_course, number_course
from canary_operator.core.report.drawing import drawn
from canary_operator.core.report.plots import plots
from canary_operator.core.report.style import STYLE
from canary_operator.core.report.tables import Table, counted_table, number_table


def page(report: RunReport) -> str:
    """All text of users is escaped."""
    title = escape(words.headline(report))
    kind = report.outcome or "InProgress"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">"
        f'<title>{title}</title><style>{STYLE}</style></head><body class="{kind}"><main>'
        f"<h1>{title}</h1>{''.join(_sections(report))}</main></body></html>\n"
    )


def _sections(report: RunReport) -> Iterator[str]:
    if report.verdict:
        yield f'<p class="verdict">{escape(report.verdict)}</p>'
    yield _pairs(words.facts(report))
    yield f'<div class="plots">{"".join(map(drawn, plots(report)))}</div>'
    if not report.points:
        yield "<p>The canary got no traffic, so there is nothing to plot.</p>"
    for metric in report.metrics:
        yield from _metric(metric, report.points)
    yield "<h2>What happened</h2>"
    yield f"<ol>{''.join(_events(report))}</ol>"
    yield f"<h2>The plan</h2>{_table(('Stage', 'Weight', 'Duration'), words.plan(report))}"


def _metric(metric: Judged, points: Sequence[Point]) -> Iterator[str]:
    yield f"<h2>{escape(metric.name)}</h2>"
    if metric.sentence:
        yield f"<p>{escape(metric.sentence)}</p>"
    if counted := counted_course(metric.name, points):
        yield _pairs(words.numbers(metric, counted[-1][1]))
        yield _behind(counted_table(counted))
    if numbers := number_course(metric.name, points):
        yield _pairs(words.values(metric, numbers[-1][1]))
        yield _behind(number_table(metric, numbers))
    if metric.query:
        yield f"<details><summary>The query</summary><pre>{escape(metric.query)}</pre></details>"


def _behind(table: Table) -> str:
    wide = f'<div class="wide">{_table(table.heads, table.rows)}</div>'
    return f"<details><summary>The numbers behind the plots</summary>{wide}</details>"


def _events(report: RunReport) -> Iterator[str]:
    for event in report.events:
        reason, message = escape(event.reason), escape(event.message)
        yield f"<li><time>{words.moment(event.at)}</time><code>{reason}</code> {message}</li>"


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in pairs)}</dl>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
