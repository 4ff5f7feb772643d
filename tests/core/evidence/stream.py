"""A pretended gateway: it is told what happens, and answers with the sample that a scrape would find."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import exp

from canary_operator.api.evidence import Arms, Counts, Evidence
from canary_operator.api.metric import Metric
from canary_operator.core.evidence.judge import fold
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.evidence.terms import Bounds, Terms, of_errors
from canary_operator.core.metric_terms import bounds_of

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def comparing(**changes: str) -> Bounds:
    """The preset, with a comparison unless told otherwise."""
    return bounds_of(Metric.model_validate({"preset": "istio-error-rate", **(changes or {"maxIncrease": "50%"})}))


def terms(bounds: Bounds | None = None, *, look: float = 1, warmup: float = 0, planned: float = 1800) -> Terms:
    """Terms in seconds."""
    metrics = (of_errors(bounds or comparing()),)
    return Terms(metrics, timedelta(seconds=look), timedelta(seconds=warmup), timedelta(seconds=planned))


def arms(canary: tuple[float, float], baseline: tuple[float, float]) -> Arms:
    """Requests and bad ones of both arms."""
    return Arms(
        canary=Counts(requests=canary[0], bad=canary[1]), baseline=Counts(requests=baseline[0], bad=baseline[1])
    )


@dataclass
class Gateway:
    """One source whose counters begin somewhere; the canary has no series until its first request."""

    name: str = "gateway"
    seconds: float = 0.0
    canary: list[float] = field(default_factory=lambda: [0.0, 0.0])
    baseline: list[float] = field(default_factory=lambda: [5000.0, 25.0])

    def serve(
        self, seconds: float = 1, canary: tuple[float, float] = (0, 0), baseline: tuple[float, float] = (0, 0)
    ) -> Sample:
        """So much time passes with so many requests and bad ones; then it is scraped."""
        self.seconds += seconds
        for counter, (requests, bad) in ((self.canary, canary), (self.baseline, baseline)):
            counter[0] += requests
            counter[1] += bad
        return self.sample()

    def sample(self) -> Sample:
        """The last scrape."""
        canary = Counter(*self.canary) if self.canary[0] else None
        return Sample({self.name: SourceSample(self.at, canary, Counter(*self.baseline))})

    @property
    def at(self) -> datetime:
        """Now."""
        return START + timedelta(seconds=self.seconds)


@dataclass
class Traffic:
    """Random requests of both arms."""

    seed: int
    rate: float
    weight: float
    canary_fails: float
    baseline_fails: float

    def __post_init__(self) -> None:
        """One seed, one stream."""
        self.random = random.Random(self.seed)  # noqa: S311 - a simulation wants to be repeated

    def arms(self, seconds: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """So many seconds of it."""
        canary, baseline = self.rate * self.weight, self.rate * (1 - self.weight)
        return self._arm(canary * seconds, self.canary_fails), self._arm(baseline * seconds, self.baseline_fails)

    def _arm(self, requests: float, fails: float) -> tuple[float, float]:
        bad = self._poisson(requests * fails)
        return bad + self._poisson(requests * (1 - fails)), bad

    def _poisson(self, mean: float) -> int:
        if mean > 100:
            return round(self.random.gauss(mean, mean**0.5))
        count, product, floor = 0, self.random.random(), exp(-mean)
        while product > floor:
            product *= self.random.random()
            count += 1
        return count


def fold_all(evidence: Evidence, samples: list[Sample], judged: Terms, *, has_baseline: bool = True) -> Evidence:
    """Fold one after the other, all clean."""
    for sample in samples:
        evidence = fold(evidence, sample, judged, clean_from=START, has_baseline=has_baseline)
    return evidence
