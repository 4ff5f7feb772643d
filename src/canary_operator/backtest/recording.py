"""Recorded counters: asked of Prometheus in pieces, kept in a file, and read as the looks that they would have been."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from canary_operator.core.evidence.sample import Sample
from canary_operator.core.world import Reading
from canary_operator.errors import CanaryError, Unavailable
from canary_operator.providers.metrics.queries import counters
from canary_operator.providers.metrics.readings import Arms, Survey, read
from canary_operator.providers.metrics.survey import subject
from canary_operator.providers.metrics.tables import Row, Table, tabulate

POINTS = 10_000
"""Prometheus answers with at most 11 000 points of a series."""
_FORMAT = "canary-operator-recording/1"


class Past(Protocol):
    """A provider that remembers."""

    def ask_range(self, query: str, start: datetime, end: datetime, step: timedelta) -> Sequence[Row]:
        """The rows of a range query; `Unavailable` when there is no complete answer."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The answers to the look's own question at every step of a span."""

    start: datetime
    end: datetime
    step: timedelta
    rows: Sequence[Row]


def record(past: Past, arms: Arms, span: tuple[datetime, datetime], step: timedelta) -> Recording:
    """Blocks. `Unavailable` when a piece is missing: what is left out would look like silence."""
    start, end = span
    rows: list[Row] = []
    query, piece, at = counters((arms.stable, arms.canary), {}), POINTS * step, start
    while at <= end:
        rows += past.ask_range(query, at, min(at + piece - step, end), step)
        at += piece
    return Recording(start, end, step, rows)


def save(recording: Recording, path: Path) -> None:
    content = {
        "format": _FORMAT,
        "start": recording.start.isoformat(),
        "end": recording.end.isoformat(),
        "stepSeconds": recording.step.total_seconds(),
        "rows": list(recording.rows),
    }
    path.write_text(json.dumps(content), encoding="utf-8")


def load(path: Path) -> Recording:
    """`CanaryError` for anything that `save` did not write."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise CanaryError(f"{path} is a {content['format']}; this version reads {_FORMAT}")
        start, end = (datetime.fromisoformat(content[name]) for name in ("start", "end"))
        return Recording(start, end, timedelta(seconds=content["stepSeconds"]), content["rows"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise CanaryError(f"{path} is no recording: {error}") from error


def samples(recording: Recording, arms: Arms) -> Iterator[Sample]:
    """What each look would have read, oldest first; a step that could not be judged is left out."""
    believed: Survey | None = None
    for table in _tables(recording):
        if believed is None and (found := subject(arms.stable, table)) is not None:
            believed = Survey(found.source, recording.step, timedelta(0))
        reading = read(arms, believed, table) if believed is not None else None
        if isinstance(reading, Reading) and reading.sample.sources:
            yield reading.sample


def _tables(recording: Recording) -> Iterator[Table]:
    moments: dict[float, list[Mapping[str, Any]]] = {}
    try:
        for row in recording.rows:
            for at, value in row["values"]:
                moments.setdefault(float(at), []).append({"metric": row["metric"], "value": [at, value]})
    except (LookupError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with a range") from error
    return (tabulate(moments[at]) for at in sorted(moments))
