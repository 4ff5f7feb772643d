"""What the user's own queries answered. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from canary_operator.api.evidence import Counts
from canary_operator.core.evidence.dispersion import dispersion
from canary_operator.core.evidence.sample import Counter, Numbers, Pods, Sample, SourceSample
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.own_queries import ARMS, BASELINE, CANARY, PART, WHOLE, OwnQueries
from canary_operator.providers.metrics.tables import LONGEST_NAME, Labels, Row

_NO_SOURCE = frozenset({PART, "__name__"})
"""Labels that tell no process from another: part and whole may differ in them."""
_LONGEST_SHOWN = 500
NOTHING = "Prometheus has nothing for the baseline"
"""A complaint that begins so may be a name that is written otherwise."""


@dataclass(slots=True)
class OwnAnswers:
    """The newest answers to a rollout's own queries, by the metric's name."""

    samples: dict[str, Sample] = field(default_factory=dict)
    numbers: dict[str, Numbers] = field(default_factory=dict)
    pods: dict[str, Pods] = field(default_factory=dict)
    phis: dict[str, float] = field(default_factory=dict)
    """How much wider than independent ones the baseline's scattered in the half hour before; measured once."""
    complaints: dict[str, str] = field(default_factory=dict)
    """What is wrong, in words for the user; empty where nothing is."""
    hints: dict[str, tuple[float, str]] = field(default_factory=dict)
    """What there is instead of a query that finds nothing, and when that was asked, by the monotonic clock."""


def company(rows: Iterable[Row]) -> float:
    """Phi, from the answer to `before`; steps in which a count fell are left out."""
    moments: dict[float, dict[str, float]] = {}
    try:
        for row in rows:
            part = row["metric"][PART]
            for at, value in row["values"]:
                counts = moments.setdefault(float(at), {})
                counts[part] = counts.get(part, 0.0) + float(value)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with a history") from error
    return dispersion(list(_steps([moments[at] for at in sorted(moments)])))


def _steps(moments: Sequence[Mapping[str, float]]) -> Iterator[Counts]:
    for before, after in pairwise(moments):
        every, part = (after.get(name, 0.0) - before.get(name, 0.0) for name in (BASELINE + WHOLE, BASELINE))
        if 0 <= part <= every:
            yield Counts(requests=every, bad=part)


def read_into(answers: OwnAnswers, queries: OwnQueries, rows: Iterable[Row], scrape: timedelta) -> None:
    """Take one answer in. What a scrape has not shown yet may be a scrape old, so samples are dated so much earlier."""
    try:
        found = [_row(row) for row in rows]
    except (AttributeError, LookupError, OSError, OverflowError, TypeError, ValueError) as error:
        raise Unavailable("the answer of Prometheus is not what was asked for") from error
    match queries.kind:
        case "Counter":
            complaint = _counters(answers, queries, found, scrape)
        case "Gauge":
            complaint = _gauges(answers, queries, found)
        case "Scalar":
            complaint = _scalars(answers, queries, found)
    if complaint is None:
        answers.complaints.pop(queries.name, None)
    else:
        answers.complaints[queries.name] = complaint


@dataclass(frozen=True, slots=True)
class _Row:
    part: str
    source: str
    pod: str
    """By its label; without one, by all of them."""
    at: datetime
    value: float


def _row(row: Row) -> _Row:
    labels: Labels = row["metric"]
    at, value = row["value"]
    rest = ",".join(f"{name}={text}" for name, text in sorted(labels.items()) if name not in _NO_SOURCE)
    source = rest[-LONGEST_NAME:] or "all"
    return _Row(labels[PART], source, labels.get("pod", source), datetime.fromtimestamp(float(at), UTC), float(value))


def _scalars(answers: OwnAnswers, queries: OwnQueries, rows: list[_Row]) -> str | None:
    by_part = {part: [row for row in rows if row.part == part] for part, _ in queries.parts}
    if crowd := next((part for part, found in by_part.items() if len(found) > 1), None):
        return f"the query gives {len(by_part[crowd])} series for the {crowd}, and a Scalar is one number: aggregate it"
    numbers = {part: found[0].value for part, found in by_part.items() if found and math.isfinite(found[0].value)}
    if rows:
        newest = max(row.at for row in rows)
        answers.numbers[queries.name] = Numbers(newest, numbers.get(CANARY), numbers.get(BASELINE))
    return None if BASELINE in numbers else _nothing(queries, BASELINE)


def _gauges(answers: OwnAnswers, queries: OwnQueries, rows: list[_Row]) -> str | None:
    """What is not a number is no number of a pod: 0 requests make 0/0 of what one of them costs."""
    by_part: dict[str, dict[str, float]] = {part: {} for part, _ in queries.parts}
    for row in rows:
        if row.pod in by_part[row.part]:
            return f"the query gives several series for {row.pod}, and a Gauge is one number for each pod: sum by (pod)"
        if math.isfinite(row.value):
            by_part[row.part][row.pod] = row.value
    if rows:
        answers.pods[queries.name] = Pods(max(row.at for row in rows), by_part[CANARY], by_part[BASELINE])
    return None if by_part[BASELINE] else _nothing(queries, BASELINE)


def _counters(answers: OwnAnswers, queries: OwnQueries, rows: list[_Row], scrape: timedelta) -> str | None:
    if strange := next((row for row in rows if not math.isfinite(row.value) or row.value < 0), None):
        return f"the query gives {strange.value} for {strange.source}, and a Counter counts from 0"
    values: dict[str, dict[str, float]] = {}
    for row in rows:
        values.setdefault(row.source, {})[row.part] = row.value
    if rows:
        at = max(row.at for row in rows) - scrape
        sources = {name: SourceSample(at, *(_counter(parts, arm) for arm in ARMS)) for name, parts in values.items()}
        answers.samples[queries.name] = Sample(sources, phi=answers.phis.get(queries.name, 1.0))
    if not any(BASELINE + WHOLE in parts for parts in values.values()):
        return _nothing(queries, BASELINE + WHOLE)
    alone = next((row for row in rows if _is_part_of_nothing(row, values[row.source])), None)
    if alone is None:
        return None
    where = f"promQL has the labels {alone.source} for the {alone.part} and outOf has not"
    return f"{where}: aggregate both by the same labels"


def _is_part_of_nothing(row: _Row, beside: Mapping[str, float]) -> bool:
    """A pod that has served nobody yet may show a 0 of the part and no whole at all."""
    return not row.part.endswith(WHOLE) and row.value > 0 and row.part + WHOLE not in beside


def _counter(parts: Mapping[str, float], arm: str) -> Counter | None:
    """No series of the part beside one of the whole means that there is nothing of it."""
    whole = parts.get(arm + WHOLE)
    return None if whole is None else Counter(whole, min(parts.get(arm, 0.0), whole))


def _nothing(queries: OwnQueries, part: str) -> str:
    text = " ".join(dict(queries.parts)[part].split())
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return f"{NOTHING}: {shown}"
