"""All reporting processes together: one look's stratum is the sum of what each saw between its own scrapes."""

from collections.abc import Iterable, Mapping

from canary_operator.api.evidence import MOST_SOURCES, Arms, Source, Split
from canary_operator.api.model import value_type
from canary_operator.core.evidence.differences import difference, read
from canary_operator.core.evidence.sample import SourceSample
from canary_operator.core.evidence.sums import totals


@value_type
class Step:
    """What happened since the last look."""

    sources: tuple[Source, ...]
    """The counters to go on from."""
    seen: Arms
    """Everything that was counted."""
    clean: Arms
    """The part of it that was counted under one constant weight."""
    seconds: float
    """How long the clean part lasted; 0 when nothing is clean."""
    split: Split
    """How the clean part was split; who follows the route was known before it."""


def step(known: Iterable[Source], samples: Mapping[str, SourceSample], clean_from: float | None) -> Step:
    """Difference every source that was scraped again since (times in Unix seconds).

    Its own times decide whether its part is clean, so sources that are scraped at different moments stay exact. A
    source that is seen for the first time is a reference to count from.
    """
    sources = {source.name: source for source in known}
    seen: list[Arms] = []
    clean: list[Arms] = []
    following: list[Arms] = []
    seconds = 0.0
    for name, sample in samples.items():
        at, old = sample.at.timestamp(), sources.get(name)
        if old is None:
            sources[name] = Source(name=name, at=at, canary=read(sample.canary), baseline=read(sample.baseline))
            continue
        if at <= old.at:
            continue
        kept_canary, canary = difference(old.canary, sample.canary)
        kept_baseline, baseline = difference(old.baseline, sample.baseline)
        sources[name] = Source(name, at, kept_canary, kept_baseline)
        happened = Arms(canary, baseline)
        seen.append(happened)
        if clean_from is not None and old.at >= clean_from:
            clean.append(happened)
            if old.canary is not None and old.baseline is not None:
                following.append(happened)
            seconds = max(seconds, at - old.at)
    counted = totals(clean)
    return Step(_bounded(sources, samples), totals(seen), counted, seconds, _split(counted, totals(following)))


def _split(counted: Arms, following: Arms) -> Split:
    requests = following.baseline.requests
    return Split(following.canary.requests, requests, counted.baseline.requests - requests)


def _bounded(sources: dict[str, Source], samples: Mapping[str, SourceSample]) -> tuple[Source, ...]:
    """At most a hundred: the ones longest gone are forgotten first, then the newest comers are not taken in."""
    if len(sources) <= MOST_SOURCES:
        return tuple(sources.values())
    present = [source for name, source in sources.items() if name in samples][:MOST_SOURCES]
    gone = sorted((source for name, source in sources.items() if name not in samples), key=lambda s: -s.at)
    return tuple(present + gone[: MOST_SOURCES - len(present)])
