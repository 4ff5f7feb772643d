"""The numbers behind the plots of one metric, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from canary_operator.api.report import Judged, Measured, Number, Point
from canary_operator.core.report import words
from canary_operator.core.report.courses import ratios_of


@dataclass(frozen=True, slots=True)
class Table:
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def counted_table(course: Sequence[tuple[Point, Measured]]) -> Table:
    """A latency has the columns of both arms, their ratio and its interval for each boundary."""
    boundaries = [one.boundary for one in course[-1][1].above] or [""]
    heads = [
        f"{head} > {boundary}" if boundary else head
        for boundary in boundaries
        for head in ("Canary", "Baseline", "Ratio", "Interval")
    ]
    rows = zip(*(_counted(course, boundary) for boundary in boundaries), strict=True)
    every = tuple(
        (*_when(point), *(cell for cells in row for cell in cells), words.number(seen.evidence))
        for (point, seen), row in zip(course, rows, strict=True)
    )
    return Table(("Time (UTC)", "Weight", "Observed", *heads, "Evidence"), every)


def _when(point: Point) -> tuple[str, str, str]:
    return words.clock(point.at), words.share(point.weight), words.share(point.observed)


def _counted(course: Sequence[tuple[Point, Measured]], boundary: str) -> list[tuple[str, ...]]:
    return [
        (words.counted(seen.canary), words.counted(seen.baseline), words.ratio(seen), words.interval(seen))
        for seen in ratios_of(course, boundary)
    ]


def number_table(metric: Judged, course: Sequence[tuple[Point, Number]]) -> Table:
    """Pods that are compared have two columns more."""
    is_compared = metric.allowed is not None
    more = ("Canary's worst pod", "Compared") if is_compared else ()
    rows = []
    for point, seen in course:
        row = [words.clock(point.at), words.share(point.weight)]
        row += [words.amount(value, metric.unit) for value in (seen.canary, seen.baseline)]
        row += (words.amount(seen.worst, metric.unit), words.compared(seen)) if is_compared else ()
        rows.append(tuple(row))
    return Table(("Time (UTC)", "Weight", "Canary", "Baseline", *more), tuple(rows))
