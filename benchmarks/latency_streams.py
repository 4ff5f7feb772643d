"""Releases whose requests take time: log-normal durations in Istio's buckets, judged by the product's own code."""

import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate, pairwise
from math import erfc, log, sqrt

from benchmarks.verdict_streams import poisson
from canary_operator.api.evidence import Arms, Counts, Evidence, Tally
from canary_operator.api.metric import Metric
from canary_operator.core.evidence.judge import Terms, begin, judge
from canary_operator.core.evidence.latency import Bucket, Durations
from canary_operator.core.evidence.run import judge_stratum
from canary_operator.core.evidence.schedule import planned_looks
from canary_operator.core.metric_terms import boundaries_of, judged

BOUNDARIES = (0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000)
"""Milliseconds: those of Istio's proxies."""
BEFORE = 1800
"""Seconds of the baseline that are known before the run."""


@dataclass(frozen=True)
class LatencyStream:
    """One kind of release, judged by one latency."""

    slower: float = 1.0
    """So many times as long as the baseline's take the canary's requests."""
    errors: float = 0.0
    """The baseline's share of requests that fail at once."""
    worse: float = 1.0
    """So many times as often fail the canary's."""
    median: float = 100
    """Of the baseline, in milliseconds."""
    sigma: float = 0.5
    preset: str = "istio-latency-p99"
    increase: str = "10%"
    rate: float = 100
    """Requests per second of both arms together."""
    weight: float = 0.05
    look: float = 10
    minutes: float = 30

    def time_of_harm(self, seed: str) -> float | None:
        """Seconds from the beginning to the breach; None: no breach."""
        chance = random.Random(seed)
        terms = self._terms(self._before(chance))
        evidence = begin().model_copy(
            update={
                "warm": True,
                "more": tuple(Tally(key=track.key, planned=self._planned) for track in terms.beside()),
            }
        )
        for number in range(round(self.minutes * 60 / self.look)):
            evidence = self._look(evidence, terms, chance)
            if judge(evidence, terms).harm:
                return (number + 1) * self.look
        return None

    @property
    def _planned(self) -> int:
        return planned_looks(timedelta(minutes=self.minutes), timedelta(seconds=self.look))

    def _terms(self, before: Durations) -> Terms:
        metric = Metric.model_validate({"preset": self.preset, "maxIncrease": self.increase})
        metrics = judged((metric,), boundaries_of((metric,), before))
        return Terms(metrics, timedelta(seconds=self.look), timedelta(0), timedelta(minutes=self.minutes))

    def _before(self, chance: random.Random) -> Durations:
        requests, slow, failed = self._requests(chance, self.rate * BEFORE, 1.0, self.errors)
        return Durations(requests, failed, tuple(Bucket(f"{u:g}", slow[u]) for u in BOUNDARIES))

    def _look(self, evidence: Evidence, terms: Terms, chance: random.Random) -> Evidence:
        every = self.rate * self.look
        ours = self._requests(chance, every * self.weight, self.slower, self.errors * self.worse)
        theirs = self._requests(chance, every * (1 - self.weight), 1.0, self.errors)
        tallies = []
        for tally, track in zip(evidence.more, terms.beside(), strict=True):
            canary, baseline = (
                Counts(requests=requests, bad=slow[float(track.reads)]) for requests, slow, _ in (ours, theirs)
            )
            stratum = Arms(canary=canary, baseline=baseline)
            tallies.append(judge_stratum(tally, stratum, track.bounds, has_baseline=True))
        return evidence.model_copy(update={"more": tuple(tallies)})

    def _requests(
        self, chance: random.Random, mean: float, slower: float, errors: float
    ) -> tuple[float, dict[float, float], float]:
        """All, those above each boundary or failed, and the failed ones: independent Poisson counts of each bucket."""
        median = self.median * slower
        above = [1.0, *(0.5 * erfc(log(u / median) / (self.sigma * sqrt(2))) for u in BOUNDARIES), 0.0]
        well = mean * (1 - errors)
        buckets = [poisson(chance, well * (low - high)) for low, high in pairwise(above)]
        failed = poisson(chance, mean * errors)
        beyond = list(accumulate(reversed(buckets)))[::-1]
        slow = {u: float(count + failed) for u, count in zip(BOUNDARIES, beyond[1:], strict=True)}
        return float(sum(buckets) + failed), slow, float(failed)
