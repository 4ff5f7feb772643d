"""One answer to the look, sorted by Service and source: pure parsing."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from canary_operator.api.reasons import METRICS_UNAVAILABLE
from canary_operator.core.evidence.sample import Counter
from canary_operator.core.world import Unknown
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.queries import ALL, CLASS, IDENTITY, SCRAPED, Service, arm_in

LONGEST_NAME = 253
Row = Mapping[str, Any]
"""One element of `data.result`."""
Labels = Mapping[str, str]


class Source(NamedTuple):
    """One reporting process, as one kind of reporter."""

    reporter: str
    name: str


@dataclass(slots=True)
class Count:
    """One arm as one source reports it."""

    labels: Labels
    total: float | None = None
    bad: float = 0.0

    @property
    def counter(self) -> Counter:
        return Counter(self.total or 0.0, self.bad)


@dataclass(slots=True)
class Table:
    """Filled by `tabulate`, only read afterwards."""

    evaluated: datetime | None = None
    """The server's own time of the answer; None when the answer is empty."""
    scraped: dict[Source, datetime] = field(default_factory=dict)
    """Time of the newest scrape."""
    counts: dict[Service, dict[Source, Count]] = field(default_factory=dict)
    """Requests by arm and source."""
    unusable: dict[Service, Unknown] = field(default_factory=dict)
    """Services whose numbers can't be trusted, with the reason."""


def tabulate(rows: Iterable[Row]) -> Table:
    """`Unavailable` for anything that is not an answer to `queries.counters`."""
    table = Table()
    try:
        for row in rows:
            _enter(table, row)
    except (AttributeError, LookupError, OSError, OverflowError, TypeError, ValueError) as error:
        raise Unavailable("the answer of Prometheus is not what was asked for") from error
    return table


def source_name(labels: Labels) -> str:
    """The reporting pod; where the scrape knows no pods, the scraped address."""
    name = "/".join(part for part in (labels.get("cluster"), labels.get("namespace"), labels.get("pod")) if part)
    return (name if labels.get("pod") else labels.get("instance") or "all")[-LONGEST_NAME:]


def _enter(table: Table, row: Row) -> None:
    labels: Labels = row["metric"]
    moment, text = row["value"]
    value = float(text)
    table.evaluated = table.evaluated or datetime.fromtimestamp(float(moment), UTC)
    source = Source(labels["reporter"], source_name(labels))
    if labels[CLASS] == SCRAPED:
        at = datetime.fromtimestamp(value, UTC)
        table.scraped[source] = max(at, table.scraped.get(source, at))
        return
    service = arm_in(labels)
    count = table.counts.setdefault(service, {}).setdefault(source, Count(labels))
    if problem := _problem(service, source, count, labels, value):
        table.unusable[service] = Unknown(problem, METRICS_UNAVAILABLE)
    elif labels[CLASS] == ALL:
        count.total = value
    else:
        count.bad = value


def _problem(service: Service, source: Source, count: Count, labels: Labels, value: float) -> str | None:
    if not math.isfinite(value) or value < 0:
        return f"Prometheus holds {value} as the number of requests to {service}"
    if differing := [name for name in IDENTITY if labels.get(name) != count.labels.get(name)]:
        return (
            f"DuplicateSeries: requests to {service} are counted more than once for {source.name}, in series that"
            f" differ in {', '.join(differing)}; let the provider deduplicate, or select one copy by matchLabels"
        )
    return None
