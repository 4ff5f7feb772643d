"""A recording, read as the looks that it would have been."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from canary_operator.api.evidence import Counts
from canary_operator.backtest.moments import moments
from canary_operator.backtest.recording import Recording
from canary_operator.backtest.strata import BEFORE
from canary_operator.backtest.wanted import Wanted
from canary_operator.core.evidence.latency import NO_DURATIONS, Durations
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.world import Reading
from canary_operator.errors import CanaryError, Unavailable
from canary_operator.providers.metrics.duration_queries import QUICK
from canary_operator.providers.metrics.durations import samples as slow_samples
from canary_operator.providers.metrics.durations import spreads
from canary_operator.providers.metrics.durations import tabulate as tabulate_slow
from canary_operator.providers.metrics.history import by_pod
from canary_operator.providers.metrics.own_answers import OwnAnswers, read_into
from canary_operator.providers.metrics.own_queries import OwnQueries
from canary_operator.providers.metrics.queries import CLASS, Service
from canary_operator.providers.metrics.readings import Survey, read
from canary_operator.providers.metrics.subject import subject
from canary_operator.providers.metrics.tables import Row, tabulate

_NO_ANSWER = "the recording holds no answer to this question: record again"


@dataclass(frozen=True, slots=True)
class Looks:
    """All of them, oldest first, and what a run that began among them would have measured."""

    samples: Sequence[Sample] = ()
    durations: Sequence[tuple[datetime, Durations]] = ()
    """What the baseline's requests took in the half hour before each time."""
    complaints: Sequence[tuple[datetime, str, str]] = ()
    """When a metric's own query had no good answer: its name, and what was wrong."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Metrics that this recording does not answer, and why."""

    pods: Sequence[Row] = ()
    """The requests of each pod of the baseline, every minute, as a range query answers."""

    def pods_before(self, moment: datetime, service: Service) -> Mapping[str, Sequence[Counts]]:
        """The minutes of each of the Service's pods in the half hour before; none where no pod reports by itself."""
        first, last = (moment - BEFORE).timestamp(), moment.timestamp()
        return by_pod([_between(row, first, last) for row in self.pods]).get(service, {})

    def durations_at(self, moment: datetime) -> Durations:
        """The newest up to then."""
        place = bisect_right(self.durations, moment, key=lambda one: one[0])
        return self.durations[place - 1][1] if place else NO_DURATIONS

    def complaint(self, name: str, began: datetime, until: datetime) -> str:
        """The last one of this metric between these times; empty where there was none."""
        inside = (said for at, one, said in reversed(self.complaints) if one == name and began <= at <= until)
        return next(inside, "")


def _between(row: Row, first: float, last: float) -> Row:
    values = row["values"]
    start = bisect_left(values, first, key=lambda one: float(one[0]))
    return {
        "metric": row["metric"],
        "values": values[start : bisect_right(values, last, key=lambda one: float(one[0]))],
    }


def looks(recording: Recording, wanted: Wanted) -> Looks:
    """A step at which what failed can't be judged is left out, as it would have been.

    `CanaryError` where the recording is one of other requests.
    """
    if recording.question and recording.question != wanted.counters():
        raise CanaryError("the recording holds the requests of another rollout, or as others count them: record again")
    by_pod(recording.pods)  # what is no answer is better found now than in the middle of a run
    beside, found, reporter = _beside(recording, wanted), [], ""
    for at, kind, sample in _errors(recording, wanted):
        reporter = kind
        found.append(beside.joined(at, sample, kind))
    durations = list(_durations(recording, wanted, reporter))
    return Looks(found, durations, beside.complaints, beside.refused, recording.pods)


def _beside(recording: Recording, wanted: Wanted) -> "_Beside":
    try:
        return _Beside(recording, wanted)
    except (LookupError, TypeError, ValueError) as error:
        raise Unavailable("Prometheus did not answer with a range") from error


def _errors(recording: Recording, wanted: Wanted) -> Iterator[tuple[datetime, str, Sample]]:
    """With the kind of reporter that is believed: the one that first counted the baseline."""
    believed: Survey | None = None
    for at, rows in moments(recording.rows):
        table = tabulate(rows)
        if believed is None and (found := subject(wanted.arms.stable, table)) is not None:
            believed = Survey(found.source, recording.step, timedelta(0))
        reading = read(wanted.arms, believed, table) if believed is not None else None
        if believed is not None and isinstance(reading, Reading) and reading.sample.sources:
            yield at, believed.source.reporter, reading.sample


def _durations(recording: Recording, wanted: Wanted, reporter: str) -> Iterator[tuple[datetime, Durations]]:
    for at, rows in moments(recording.durations or ()):
        yield at, spreads(rows).get((wanted.arms.stable, reporter), NO_DURATIONS)


def _unanswered(recording: Recording, wanted: Wanted, boundaries: Collection[str]) -> Iterator[tuple[str, str]]:
    """What was asked for another spec, or before there was such a question."""
    needed = wanted.boundaries(recording.durations or ())
    for one in wanted.latencies:
        held = all(le in boundaries for name, le in needed if name == one.title)
        if recording.durations is None or not held:
            yield one.title, _NO_ANSWER
    for queries in wanted.queries:
        answer = recording.own.get(queries.name)
        if answer is None or answer.question != queries.together(recording.step):
            yield queries.name, _NO_ANSWER


class _Beside:
    """Everything but what failed, by the time of the look."""

    def __init__(self, recording: Recording, wanted: Wanted) -> None:
        self._wanted = wanted
        self._step = recording.step
        self._slow = dict(moments(recording.slow))
        labels = (row["metric"] for row in recording.slow)
        self._boundaries = sorted({one["le"] for one in labels if one[CLASS] == QUICK}, key=float)
        self.refused = dict(_unanswered(recording, wanted, self._boundaries)) | dict(recording.refused)
        self._queries = [one for one in wanted.queries if one.name not in self.refused]
        self._own = {one.name: dict(moments(recording.own[one.name].rows)) for one in self._queries}
        self.complaints: list[tuple[datetime, str, str]] = []

    def joined(self, at: datetime, sample: Sample, reporter: str) -> Sample:
        """The look at this time, with all that was found beside it."""
        answers, slow = OwnAnswers(), tabulate_slow(self._slow.get(at, ()))
        for queries in self._queries:
            self._read(answers, queries, at)
        found = {**slow_samples(self._wanted.arms, reporter, self._boundaries, slow), **answers.samples}
        beside = {name: one for name, one in found.items() if one.sources}
        return replace(sample, beside=beside, numbers=answers.numbers, pods=answers.pods)

    def _read(self, answers: OwnAnswers, queries: OwnQueries, at: datetime) -> None:
        read_into(answers, queries, self._own[queries.name].get(at, ()), self._step)
        if said := answers.complaints.get(queries.name):
            self.complaints.append((at, queries.name, said))
