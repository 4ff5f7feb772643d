"""One counted quantity: its counters are read on, and what is clean of them becomes a stratum."""

from datetime import datetime, timedelta
from typing import TypedDict, TypeVar

from canary_operator.api.evidence import Arms, Source, Tally
from canary_operator.core.evidence.differences import readable
from canary_operator.core.evidence.ratio import settled
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.evidence.schedule import planned_looks
from canary_operator.core.evidence.sources import Step, step
from canary_operator.core.evidence.terms import Terms

_EARLY = 0.9
"""A sample may come this much of a look after the last one, for scrapes are not exactly on time."""

T = TypeVar("T", bound=Tally)


class ReadOn(TypedDict):
    """Fields of a tally whose counters were read on."""

    at: datetime
    planned: int
    sources: tuple[Source, ...]


def take(tally: Tally, sample: Sample, terms: Terms, clean_from: datetime | None) -> tuple[ReadOn, Step] | None:
    """The tally's counters read on, and what happened since; None when the sample comes too soon."""
    readings = {name: seen for name, seen in sample.sources.items() if readable(seen)}
    if not readings:
        return None
    at = max([seen.at for seen in readings.values()])
    if too_soon(tally.at, at, terms.look):
        return None
    happened = step(tally.sources, readings, None if clean_from is None else clean_from.timestamp())
    planned = tally.planned or planned_looks(terms.planned, terms.look)
    return {"at": at, "planned": planned, "sources": happened.sources}, happened


def restarted(tally: T) -> T:
    """A new stage begins: its counts start again at 0, and everything that was learned about the canary goes on."""
    counts = {"stage": Arms(), "newest": Arms(), "lately": Arms(), "suspicion": 0.0}
    return tally.model_copy(update={**counts, "ratio": settled(tally.ratio, tally.phi)})


def too_soon(last: datetime | None, at: datetime, look: timedelta) -> bool:
    """A look is a whole number of scrapes."""
    return last is not None and (at - last) / look < _EARLY
