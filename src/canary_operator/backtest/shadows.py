"""Stable against itself: how often the spec would have cried wolf.

Each recorded request of the baseline is given to a pretended canary with the chance of the stage's weight. Both arms
are then equally good by construction, under traffic, errors and incidents that happened: every rollback is false.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import log

from canary_operator.api.evidence import Counts
from canary_operator.api.rollout import Stage
from canary_operator.backtest.replay import Replay, Stratum, phi_before, strata
from canary_operator.core.evidence.judge import begin, fold, judge
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.evidence.sums import plus
from canary_operator.core.evidence.terms import Terms

_SOURCE = "recording"


def shadows(samples: Sequence[Sample], stages: Sequence[Stage], terms: Terms, seed: int) -> Iterator[Replay]:
    """A run after the other, as many as the recording has room for."""
    chance = random.Random(seed)  # noqa: S311 - a simulation wants to be repeated
    found, span = list(strata(samples)), terms.planned + terms.warmup
    if not found:
        return
    began = found[0].began
    while began + span <= found[-1].at:
        inside = [one for one in found if began <= one.began and one.at <= began + span]
        if inside:
            yield _run(inside, phi_before(samples, began), stages, terms, chance)
        began += span


def _run(inside: Sequence[Stratum], phi: float, stages: Sequence[Stage], terms: Terms, chance: random.Random) -> Replay:
    began = inside[0].began
    evidence = begin().model_copy(update={"phi": phi})
    canary = baseline = Counts()
    trace, sentence, at = [], "", began
    evidence = fold(evidence, _sample(began, canary, baseline), terms, clean_from=began)
    for stratum in inside:
        weight = _weight(stages, stratum.began - began, terms.warmup)
        given = _thinned(stratum.counts.baseline, weight, chance)
        canary = plus(canary, given)
        rest = stratum.counts.baseline
        baseline = plus(baseline, Counts(requests=rest.requests - given.requests, bad=rest.bad - given.bad))
        at = stratum.at
        evidence = fold(evidence, _sample(at, canary, baseline), terms, clean_from=began, has_baseline=weight < 1)
        verdict = judge(evidence, terms)
        trace.append(verdict.e_value / verdict.bound)
        sentence = verdict.sentence
        if verdict.harm:
            return Replay(began, at, at, sentence, canary.requests, tuple(trace))
    return Replay(began, at, None, sentence, canary.requests, tuple(trace))


def _weight(stages: Sequence[Stage], since: timedelta, warmup: timedelta) -> float:
    """The first stage is longer by the warm-up."""
    over = warmup
    for stage in stages:
        over += stage.duration
        if since < over:
            return float(stage.weight)
    return float(stages[-1].weight)


def _thinned(counts: Counts, weight: float, chance: random.Random) -> Counts:
    bad = _binomial(counts.bad, weight, chance)
    return Counts(requests=bad + _binomial(counts.requests - counts.bad, weight, chance), bad=bad)


def _binomial(trials: float, probability: float, chance: random.Random) -> int:
    """Successes among so many trials, by the gaps between them: exact, and quick where there are few.

    Devroye, Non-Uniform Random Variate Generation, 1986, section X.4 (the second waiting-time method).
    """
    if probability >= 1:
        return int(trials)
    if probability <= 0:
        return 0
    successes, sum_of_gaps, failing = 0, 0.0, log(1 - probability)
    while True:
        left = trials - successes
        if left <= 0:
            return successes
        sum_of_gaps += log(1 - chance.random()) / left
        if sum_of_gaps < failing:
            return successes
        successes += 1


def _sample(at: datetime, canary: Counts, baseline: Counts) -> Sample:
    counters = (Counter(counts.requests, counts.bad) for counts in (canary, baseline))
    return Sample({_SOURCE: SourceSample(at, *counters)})
