"""How long requests took, from the buckets of the callers' histograms: pure parsing.

What failed is slow, however fast: else a canary would look quick by failing. Where a proxy writes no response code
beside a duration, its failed requests are taken from its counts.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from canary_operator.api.evidence import Counts
from canary_operator.core.evidence.latency import Bucket, Durations
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.duration_queries import QUICK, SERVED, UNCODED
from canary_operator.providers.metrics.native import expanded
from canary_operator.providers.metrics.queries import BAD, CLASS, SCRAPED, Service, arm_in
from canary_operator.providers.metrics.readings import Arms
from canary_operator.providers.metrics.tables import Labels, Row, Source, source_name

Arm = tuple[Service, str]
"""A Service, as one kind of reporter counts its requests."""


@dataclass(slots=True)
class Heights:
    """A histogram, from its parts."""

    parts: dict[str, float] = field(default_factory=dict)
    """What the classes of the answer say: all requests, those without a code, the failed ones."""
    quick: dict[str, float] = field(default_factory=dict)
    """Requests that went well within each boundary."""

    @property
    def served(self) -> float:
        return self.parts.get(SERVED, 0.0)

    @property
    def unseen(self) -> float:
        """Failed requests that the buckets do not tell from good ones."""
        return self.parts.get(BAD, 0.0) if self.parts.get(UNCODED, 0.0) > 0 else 0.0

    def slow(self, boundary: str) -> float:
        """Requests that took longer, or failed."""
        return min(max(self.served - self.quick.get(boundary, 0.0), 0.0) + self.unseen, self.served)


@dataclass(slots=True)
class Table:
    """One answer to `queries.slow`."""

    scraped: dict[Source, datetime] = field(default_factory=dict)
    heights: dict[Service, dict[Source, Heights]] = field(default_factory=dict)


def tabulate(rows: Iterable[Row]) -> Table:
    """`Unavailable` for anything else."""
    table = Table()
    try:
        for row in rows:
            labels: Labels = row["metric"]
            source, value = Source(labels["reporter"], source_name(labels)), float(row["value"][1])
            if labels[CLASS] == SCRAPED:
                at = datetime.fromtimestamp(value, UTC)
                table.scraped[source] = max(at, table.scraped.get(source, at))
            else:
                _enter(table.heights.setdefault(arm_in(labels), {}).setdefault(source, Heights()), labels, value)
    except (AttributeError, LookupError, OSError, OverflowError, TypeError, ValueError) as error:
        raise Unavailable("the answer of Prometheus is not what was asked for") from error
    return table


def samples(arms: Arms, reporter: str, boundaries: Iterable[str], table: Table) -> Mapping[str, Sample]:
    """For each boundary the requests of both arms and the slow ones among them."""
    stable, canary = (_of(reporter, table.heights.get(arm, {})) for arm in (arms.stable, arms.canary))
    sources = [(name, table.scraped.get(Source(reporter, name))) for name in sorted(stable.keys() | canary.keys())]
    return {
        boundary: Sample(
            {
                name: SourceSample(at, _counter(canary.get(name), boundary), _counter(stable.get(name), boundary))
                for name, at in sources
                if at is not None
            }
        )
        for boundary in boundaries
    }


def spreads(rows: Iterable[Row]) -> Mapping[Arm, Durations]:
    """What each arm's requests took in the last half hour; `Unavailable` for anything but that."""
    found: dict[Arm, Heights] = {}
    try:
        for row in expanded(rows):
            labels: Labels = row["metric"]
            _enter(found.setdefault(_arm(labels), Heights()), labels, float(row["value"][1]))
        return {arm: _durations(heights) for arm, heights in found.items()}
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with durations") from error


def histories(rows: Iterable[Row]) -> Mapping[tuple[Arm, str], list[Counts]]:
    """Each arm's steps at each boundary, oldest first: requests, and the slow ones as the bad ones."""
    moments: dict[Arm, dict[float, Heights]] = {}
    try:
        for row in rows:
            labels: Labels = row["metric"]
            here = moments.setdefault(_arm(labels), {})
            for at, value in row["values"]:
                _enter(here.setdefault(float(at), Heights()), labels, float(value))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with a history") from error
    return {
        (arm, boundary): list(_steps(series, boundary))
        for arm, series in moments.items()
        for boundary in {name for heights in series.values() for name in heights.quick}
    }


def _enter(heights: Heights, labels: Labels, value: float) -> None:
    if labels[CLASS] == QUICK:
        heights.quick[labels["le"]] = value
    else:
        heights.parts[labels[CLASS]] = value


def _arm(labels: Labels) -> Arm:
    return arm_in(labels), labels["reporter"]


def _of(reporter: str, heights: Mapping[Source, Heights]) -> dict[str, Heights]:
    return {source: one for (kind, source), one in heights.items() if kind == reporter}


def _counter(heights: Heights | None, boundary: str) -> Counter | None:
    """Nothing within the boundary is an answer; no histogram at all is none."""
    return None if heights is None or not heights.served else Counter(heights.served, heights.slow(boundary))


def _durations(heights: Heights) -> Durations:
    finite = sorted((boundary for boundary in heights.quick if "Inf" not in boundary), key=float)
    went_well = max(heights.quick.values(), default=0.0)
    failed = min(max(heights.served - went_well, 0.0) + heights.unseen, heights.served)
    return Durations(heights.served, failed, tuple(Bucket(le, heights.slow(le)) for le in finite))


def _steps(series: Mapping[float, Heights], boundary: str) -> Iterator[Counts]:
    """A step in which a count fell, because a process began anew or went away, is left out."""
    for before, after in pairwise(series[at] for at in sorted(series)):
        requests, slow = after.served - before.served, after.slow(boundary) - before.slow(boundary)
        if 0 <= slow <= requests:
            yield Counts(requests=requests, bad=slow)
