"""Releases in a recording, judged again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from canary_operator.api.evidence import Arms, Counts, Source
from canary_operator.core.evidence.dispersion import dispersion
from canary_operator.core.evidence.judge import begin, fold, judge
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.evidence.sources import step
from canary_operator.core.evidence.terms import Terms

SILENCE = timedelta(minutes=10)
"""A canary without a request for so long is over; what comes later is another release."""
BEFORE = timedelta(minutes=30)
"""Over so long before a release phi is measured, in steps of ten seconds or one look."""
_SHORTEST_STEP = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Stratum:
    """What happened between two looks."""

    began: datetime
    at: datetime
    counts: Arms


@dataclass(frozen=True, slots=True)
class Replay:
    """How one release would have ended."""

    began: datetime
    """Just before the canary's first request."""
    ended: datetime
    """The last look at it."""
    harm_at: datetime | None
    """When it would have been taken back; None: it would not."""
    sentence: str
    requests: float
    """Of the canary, until then."""
    trace: tuple[float, ...]
    """The evidence after each look, as a part of what is a breach."""


def strata(samples: Iterable[Sample]) -> Iterator[Stratum]:
    """By the judge's own differences; a process that begins anew or comes late is treated as it treats it."""
    known: tuple[Source, ...] = ()
    last: datetime | None = None
    for sample in samples:
        happened, at = step(known, sample.sources, None), sample.at
        if at is not None and last is not None:
            yield Stratum(last, at, happened.seen)
        known, last = happened.sources, at


def releases(samples: Sequence[Sample]) -> Iterator[tuple[datetime, datetime]]:
    """From just before the first request of a canary to its last one."""
    began: datetime | None = None
    last: datetime | None = None
    for stratum in strata(samples):
        if not stratum.counts.canary.requests:
            continue
        if began is not None and last is not None and stratum.began - last > SILENCE:
            yield began, last
            began = None
        began, last = began or stratum.began, stratum.at
    if began is not None and last is not None:
        yield began, last


def replay(samples: Sequence[Sample], span: tuple[datetime, datetime], terms: Terms) -> Replay:
    """One release, with phi as it would have been measured before it."""
    (began, end), trace, sentence, at = span, [], "", span[0]
    evidence = begin().model_copy(update={"phi": phi_before(samples, began)})
    for sample in samples:
        if sample.at is None or not began <= sample.at <= end:
            continue
        evidence = fold(evidence, sample, terms, clean_from=began)
        verdict, at = judge(evidence, terms), sample.at
        trace.append(verdict.e_value / verdict.bound)
        sentence = verdict.sentence
        if verdict.harm:
            return Replay(began, at, at, sentence, _requests(samples, began, at), tuple(trace))
    return Replay(began, at, None, sentence, _requests(samples, began, at), tuple(trace))


def phi_before(samples: Sequence[Sample], moment: datetime) -> float:
    """1 where nothing was recorded before."""
    before = [sample for sample in samples if sample.at is not None and moment - BEFORE <= sample.at <= moment]
    return dispersion(_gathered(strata(before)))


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


def _requests(samples: Sequence[Sample], began: datetime, at: datetime) -> float:
    inside = [sample for sample in samples if sample.at is not None and began <= sample.at <= at]
    return sum(stratum.counts.canary.requests for stratum in strata(inside))
