"""Recorded answers, and the file in which they are kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from canary_operator.errors import CanaryError
from canary_operator.providers.metrics.tables import Row

_FORMAT = "canary-operator-recording/2"
_READ = (_FORMAT, "canary-operator-recording/1")
"""The first form held what failed, and nothing beside it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of one metric's own query."""

    question: str
    """As it was asked: a query that has changed since is not answered by this."""
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Recording:
    """The answers to the looks' own questions at every step of a span."""

    start: datetime
    end: datetime
    step: timedelta
    rows: Sequence[Row]
    """The requests and the failed ones."""
    durations: Sequence[Row] | None = None
    """What the baseline's requests took in the half hour before, now and then; None: that was not asked."""
    slow: Sequence[Row] = ()
    """The requests, and those within each boundary that a latency could be judged at."""
    own: Mapping[str, Answer] = field(default_factory=dict)
    """Of each metric with queries of its own."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Metrics whose question had no answer, and why."""
    question: str = ""
    """What `rows` answer; empty where that was not kept."""
    pods: Sequence[Row] = ()
    """The requests of each of the baseline's pods and the failed ones, every minute; empty where none reports them."""


def save(recording: Recording, path: Path) -> None:
    content = {
        "format": _FORMAT,
        "start": recording.start.isoformat(),
        "end": recording.end.isoformat(),
        "stepSeconds": recording.step.total_seconds(),
        "rows": list(recording.rows),
        "durations": None if recording.durations is None else list(recording.durations),
        "slow": list(recording.slow),
        "own": {name: {"question": one.question, "rows": list(one.rows)} for name, one in recording.own.items()},
        "refused": dict(recording.refused),
        "question": recording.question,
        "pods": list(recording.pods),
    }
    path.write_text(json.dumps(content), encoding="utf-8")


def load(path: Path) -> Recording:
    """`CanaryError` for anything that `save` did not write."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] not in _READ:
            raise CanaryError(f"{path} is a {content['format']}; this version reads {' and '.join(_READ)}")
        return _read(content)
    except (AttributeError, OSError, ValueError, LookupError, TypeError) as error:
        raise CanaryError(f"{path} is no recording: {error}") from error


def _read(content: Mapping[str, Any]) -> Recording:
    start, end = (datetime.fromisoformat(content[name]) for name in ("start", "end"))
    return Recording(
        start,
        end,
        timedelta(seconds=content["stepSeconds"]),
        content["rows"],
        content.get("durations"),
        content.get("slow", ()),
        {name: Answer(one["question"], one["rows"]) for name, one in content.get("own", {}).items()},
        dict(content.get("refused", {})),
        content.get("question", ""),
        content.get("pods", ()),
    )
