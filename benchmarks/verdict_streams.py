"""Random releases for `verdicts.py`: Poisson requests, binomial errors, judged by the product's own code."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import exp, lgamma, log, sqrt

from canary_operator.api.evidence import Arms, Counts, Evidence
from canary_operator.api.metric import Metric
from canary_operator.api.status import PodSpread
from canary_operator.core.evidence.dispersion import dispersion
from canary_operator.core.evidence.judge import Terms, begin, fold, judge
from canary_operator.core.evidence.run import judge_stratum
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.evidence.schedule import planned_looks
from canary_operator.core.evidence.spread import allowance, company_of_pods, spread_of_pods
from canary_operator.core.evidence.terms import Bounds, of_errors
from canary_operator.core.evidence.warmup import warm_up
from canary_operator.core.metric_terms import bounds_of, judged

ASKED = {"preset": "istio-error-rate", "maxIncrease": "50%"}
START = datetime(2026, 1, 1, tzinfo=UTC)
Course = Callable[[float], float]
"""A quantity as a function of the seconds since the run began."""
Company = Callable[[random.Random, float], int]
"""A random number of errors with this mean."""
STEP = 10
"""Seconds of one step of the history."""


def metric(margin: str = "50%", limit: str | None = None) -> Bounds:
    """The bounds of the error rate with this `maxIncrease`, and perhaps a plain limit."""
    return bounds_of(Metric.model_validate({"preset": "istio-error-rate", "maxIncrease": margin, "max": limit}))


def always(value: float) -> Course:
    """The same at all times."""
    return lambda _: value


def during(first: float, last: float, inside: float, outside: float) -> Course:
    """One value between two times, another one outside."""
    return lambda seconds: inside if first <= seconds < last else outside


def spikes_of(inside: float, outside: float) -> Course:
    """The first ten seconds of each minute are different, in both arms."""
    return lambda seconds: inside if seconds % 60 < 10 else outside


def alone(chance: random.Random, mean: float) -> int:
    """Each error comes by itself."""
    return poisson(chance, mean)


def in_threes(chance: random.Random, mean: float) -> int:
    """Each failing request is tried three times, and counted three times."""
    return 3 * poisson(chance, mean / 3)


def in_groups(chance: random.Random, mean: float) -> int:
    """Geometric groups of five on average: an index of dispersion of 9."""
    return sum(1 + int(log(1 - chance.random()) / log(0.8)) for _ in range(poisson(chance, mean / 5)))


@dataclass(frozen=True)
class Stream:
    """One kind of release, judged at the level of strata."""

    rate: float
    """Requests per second of both arms together."""
    canary: Course
    """The canary's error rate."""
    baseline: Course
    """The baseline's error rate."""
    weight: Course = field(default=always(0.05))
    look: float = 10
    minutes: float = 30
    """How long the run is planned, and judged unless `until` says otherwise."""
    until: float | None = None
    """Seconds after which the run is looked at no more."""
    onset: float = 0
    """Seconds at which the harm begins."""
    warmup: float = 0
    alone_from: float | None = None
    """Seconds at which the canary gets everything and the baseline vanishes."""
    metric: Bounds = field(default_factory=metric)
    company: Company = alone
    before: Course | None = None
    """The baseline's error rate in the half hour before the run, in which phi is measured; none: it is `measured`."""
    measured: float = 1.0

    def time_of_harm(self, seed: str) -> float | None:
        """Seconds from the onset to the breach; None: no breach."""
        chance = random.Random(seed)
        planned = timedelta(minutes=self.minutes)
        terms = Terms((of_errors(self.metric),), timedelta(seconds=self.look), timedelta(seconds=self.warmup), planned)
        evidence = begin().model_copy(
            update={"planned": planned_looks(planned, terms.look), "warm": not self.warmup, "phi": self._phi(chance)},
        )
        now = 0.0
        for stratum in self._strata(chance):
            alone = self.alone_from is not None and now >= self.alone_from
            evidence = _take_look(evidence, stratum, terms, has_baseline=not alone)
            now += self.look
            if judge(evidence, terms).harm:
                return now - self.onset
        return None

    def _phi(self, chance: random.Random) -> float:
        if self.before is None:
            return self.measured
        requests = self.rate * STEP * (1 - self.weight(0))
        return dispersion([self._arm(chance, requests, self.before(STEP * step)) for step in range(180)])

    def _arm(self, chance: random.Random, requests: float, fails: float) -> Counts:
        """Poisson requests with binomial errors are two independent Poisson streams, bad ones and good ones."""
        bad = self.company(chance, requests * fails)
        return Counts(requests=bad + poisson(chance, requests * (1 - fails)), bad=bad)

    def _strata(self, chance: random.Random) -> Iterator[Arms]:
        for number in range(round((self.until or self.minutes * 60) / self.look)):
            now = number * self.look
            alone = self.alone_from is not None and now >= self.alone_from
            weight = 1.0 if alone else self.weight(now)
            requests = self.rate * self.look
            yield Arms(
                canary=self._arm(chance, requests * weight, self.canary(now)),
                baseline=self._arm(chance, requests * (1 - weight), self.baseline(now)),
            )


def _take_look(evidence: Evidence, stratum: Arms, terms: Terms, *, has_baseline: bool) -> Evidence:
    if evidence.warm:
        return judge_stratum(evidence, stratum, terms.errors, has_baseline=has_baseline)
    return warm_up(evidence, stratum, terms.look.total_seconds(), terms, has_baseline=has_baseline)


@dataclass(frozen=True)
class Pods:
    """A release whose pods differ for good: each fails exp(N(0, tau)) times what is usual, the canary's too.

    How much they differ is measured in the half hour before, as is phi.
    """

    rate: float
    fails: float
    tau: float
    baseline: int
    canary: int
    worse: float = 1.0
    weight: float = 0.2
    company: Company = alone
    onset: float = 0

    def time_of_harm(self, seed: str) -> float | None:
        """Margin and phi as the product pins them."""
        chance = random.Random(seed)
        stable = [min(0.9, self.fails * exp(chance.gauss(0, self.tau))) for _ in range(self.baseline)]
        canary = [min(0.9, self.fails * self.worse * exp(chance.gauss(0, self.tau))) for _ in range(self.canary)]
        minutes = 60 * self.rate / len(stable)
        pods = {str(pod): [self._arm(chance, minutes, fails) for _ in range(30)] for pod, fails in enumerate(stable)}
        phi = company_of_pods(pods)
        spread = PodSpread(
            pods=len(pods), tau=0, margin=allowance(spread_of_pods(pods, phi), self.canary, self.baseline)
        )
        released = Stream(
            self.rate,
            always(sum(canary) / len(canary)),
            always(sum(stable) / len(stable)),
            always(self.weight),
            metric=judged([Metric.model_validate(ASKED)], (), spread)[0].tracks[0].bounds,
            company=self.company,
            onset=self.onset,
            measured=phi,
        )
        return released.time_of_harm(f"{seed} judged")

    def _arm(self, chance: random.Random, requests: float, fails: float) -> Counts:
        bad = self.company(chance, requests * fails)
        return Counts(requests=bad + poisson(chance, requests * (1 - fails)), bad=bad)


@dataclass(frozen=True)
class LongRequests:
    """Good requests last up to 30 s and more (P99), bad ones end at once; the weight goes from 5 to 20 % halfway."""

    rate: float
    fails: float
    settle: float = 30
    look: float = 10
    onset: float = 0

    def time_of_harm(self, seed: str) -> float | None:
        """Through counters, so that the settle time is the product's own."""
        chance, terms = (
            random.Random(seed),
            Terms((of_errors(metric()),), timedelta(seconds=10), timedelta(0), timedelta(minutes=30)),
        )
        canary, baseline, evidence = [0.0, 0.0], [0.0, 0.0], begin()
        for second in range(0, 1801, 10):
            changed = 0 if second <= 900 else 900
            sample = Sample({"gateway": SourceSample(_at(second), Counter(*canary), Counter(*baseline))})
            evidence = fold(evidence, sample, terms, clean_from=_at(changed + self.settle))
            if judge(evidence, terms).harm:
                return float(second)
            ended, weight = self._ended(second + 5), 0.05 if second < 900 else 0.2
            _count(canary, chance, self.rate * 10 * ended, self.rate * 10 * weight, self.fails)
            _count(baseline, chance, self.rate * 10 * (1 - ended), self.rate * 10 * (1 - weight), self.fails)
        return None

    def _ended(self, seconds: float) -> float:
        """The canary's share of the good requests that end now: it follows the weight late."""
        mean = 30 / log(100)
        late = 0.15 * (1 - exp(-(seconds - 900) / mean)) if seconds > 900 else 0.0
        return 0.05 * (1 - exp(-seconds / mean)) + late


@dataclass(frozen=True)
class Phases:
    """Four gateways, each scraped every 15 s at its own moment, while both arms fail 20 % for 10 s of each minute."""

    rate: float
    onset: float = 0
    look: float = 15

    def time_of_harm(self, seed: str) -> float | None:
        """Through counters, because the phases are the point."""
        chance, terms = (
            random.Random(seed),
            Terms((of_errors(metric()),), timedelta(seconds=15), timedelta(0), timedelta(minutes=30)),
        )
        phases = [chance.randrange(15) for _ in range(4)]
        counters = [([0.0, 0.0], [0.0, 0.0]) for _ in phases]
        evidence = begin()
        for second in range(15, 1800, 15):
            readings = {}
            for number, (phase, (canary, baseline)) in enumerate(zip(phases, counters, strict=True)):
                window = range(second - 15 + phase, second + phase)
                fails = sum(0.2 if moment % 60 < 10 else 0.005 for moment in window) / 15
                _count(canary, chance, self.rate / 4 * 15 * 0.05, self.rate / 4 * 15 * 0.05, fails)
                _count(baseline, chance, self.rate / 4 * 15 * 0.95, self.rate / 4 * 15 * 0.95, fails)
                readings[f"gateway-{number}"] = SourceSample(_at(second + phase), Counter(*canary), Counter(*baseline))
            evidence = fold(evidence, Sample(readings), terms, clean_from=START)
            if judge(evidence, terms).harm:
                return float(second)
        return None


def _at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def _count(counter: list[float], chance: random.Random, ended: float, begun: float, fails: float) -> None:
    bad = poisson(chance, begun * fails)
    counter[0] += bad + poisson(chance, ended * (1 - fails))
    counter[1] += bad


def poisson(chance: random.Random, mean: float) -> int:
    """An exact Poisson number: by multiplication when small, else by Hörmann's transformed rejection (PTRS, 1993)."""
    if mean < 10:
        count, product, floor = 0, chance.random(), exp(-mean)
        while product > floor:
            product *= chance.random()
            count += 1
        return count
    a, b, inverse_alpha, v_r, log_mean = _rejection(mean)
    while True:
        u, v = chance.random() - 0.5, chance.random()
        us = 0.5 - abs(u)
        k = int((2 * a / us + b) * u + mean + 0.43) if us else -1
        if us >= 0.07 and v <= v_r:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        if log(v * inverse_alpha / (a / (us * us) + b)) <= k * log_mean - mean - lgamma(k + 1):
            return k


@lru_cache(maxsize=4096)
def _rejection(mean: float) -> tuple[float, float, float, float, float]:
    b = 0.931 + 2.53 * sqrt(mean)
    a = -0.059 + 0.02483 * b
    return a, b, 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2), log(mean)
