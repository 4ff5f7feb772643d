"""All reporting processes together: one look's stratum is the sum of what each saw between its own scrapes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from canary_operator.api.evidence import MOST_SOURCES, Arms, Counts, Source, Split
from canary_operator.core.evidence.differences import difference, read
from canary_operator.core.evidence.sample import SourceSample


@dataclass(frozen=True, slots=True)
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
    seen, clean, following = _Sum(), _Sum(), _Sum()
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
        sources[name] = Source(name=name, at=at, canary=kept_canary, baseline=kept_baseline)
        seen.add(canary, baseline)
        if clean_from is not None and old.at >= clean_from:
            clean.add(canary, baseline)
            if old.canary is not None and old.baseline is not None:
                following.add(canary, baseline)
            seconds = max(seconds, at - old.at)
    elsewhere = clean.baseline - following.baseline
    split = Split(canary=following.canary, baseline=following.baseline, elsewhere=elsewhere)
    return Step(_bounded(sources, samples), seen.arms(), clean.arms(), seconds, split)


class _Sum:
    __slots__ = ("baseline", "baseline_bad", "canary", "canary_bad")

    def __init__(self) -> None:
        self.canary = self.canary_bad = self.baseline = self.baseline_bad = 0.0

    def add(self, canary: Counts, baseline: Counts) -> None:
        self.canary += canary.requests
        self.canary_bad += canary.bad
        self.baseline += baseline.requests
        self.baseline_bad += baseline.bad

    def arms(self) -> Arms:
        return Arms(
            canary=Counts(requests=self.canary, bad=self.canary_bad),
            baseline=Counts(requests=self.baseline, bad=self.baseline_bad),
        )


def _bounded(sources: dict[str, Source], samples: Mapping[str, SourceSample]) -> tuple[Source, ...]:
    """At most a hundred: the ones longest gone are forgotten first, then the newest comers are not taken in."""
    if len(sources) <= MOST_SOURCES:
        return tuple(sources.values())
    present = [source for name, source in sources.items() if name in samples][:MOST_SOURCES]
    gone = sorted((source for name, source in sources.items() if name not in samples), key=lambda s: -s.at)
    return tuple(present + gone[: MOST_SOURCES - len(present)])
