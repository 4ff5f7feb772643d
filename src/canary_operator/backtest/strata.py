"""What happened between two looks, by the judge's own differences."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from canary_operator.api.evidence import Arms, Counts, Source
from canary_operator.core.evidence.dispersion import dispersion
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.evidence.sources import step

BEFORE = timedelta(minutes=30)
"""Over so long before a release phi is measured, in steps of ten seconds or one look."""
_SHORTEST_STEP = timedelta(seconds=10)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stratum:
    """What happened between two looks."""

    began: datetime
    at: datetime
    counts: Arms
    beside: Mapping[str, Counts]
    """The baseline's, of every other counted quantity."""
    sample: Sample
    """The look at its end."""


def strata(samples: Iterable[Sample]) -> Iterator[Stratum]:
    """A process that begins anew or comes late is treated as the judge treats it."""
    known: tuple[Source, ...] = ()
    others: dict[str, tuple[Source, ...]] = {}
    last: datetime | None = None
    for sample in samples:
        happened, at = step(known, sample.sources, None), sample.at
        beside = {}
        for name, one in sample.beside.items():
            there = step(others.get(name, ()), one.sources, None)
            others[name], beside[name] = there.sources, there.seen.baseline
        if at is not None and last is not None:
            yield Stratum(last, at, happened.seen, beside, sample)
        known, last = happened.sources, at


def phi_of(samples: Sequence[Sample]) -> float:
    """How much wider than independent ones the baseline's bad ones scatter; 1 where nothing was recorded."""
    return dispersion(_gathered(strata(samples)))


def before(samples: Sequence[Sample], moment: datetime) -> Sequence[Sample]:
    """The looks of the half hour before, that moment included. Later looks have later scrapes."""
    return samples[bisect_left(samples, moment - BEFORE, key=_at) : bisect_right(samples, moment, key=_at)]


def _at(sample: Sample) -> datetime:
    return sample.at or _NEVER


def beside_of(samples: Iterable[Sample], name: str) -> list[Sample]:
    """The looks at one other quantity."""
    return [sample.beside[name] for sample in samples if name in sample.beside]


def _gathered(found: Iterable[Stratum]) -> list[Counts]:
    """The baseline in steps that are long enough."""
    steps: list[Counts] = []
    began: datetime | None = None
    requests = bad = 0.0
    for stratum in found:
        began = began or stratum.began
        requests, bad = requests + stratum.counts.baseline.requests, bad + stratum.counts.baseline.bad
        if stratum.at - began >= _SHORTEST_STEP:
            steps.append(Counts(requests=requests, bad=bad))
            began, requests, bad = None, 0.0, 0.0
    return steps
