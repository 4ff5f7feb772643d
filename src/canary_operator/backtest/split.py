"""The baseline's requests and pods, given by chance to a pretended canary and to its baseline."""

import random
from collections.abc import Iterable, Mapping, Sequence
from math import log

from canary_operator.api.evidence import Counts
from canary_operator.core.evidence.gauges import FEWEST_BASELINE
from canary_operator.core.evidence.sample import Numbers, Pods

FAILED = ""
"""Requests that failed, among the counted quantities."""


def thinned(counts: Counts, weight: float, chance: random.Random) -> Counts:
    """The pretended canary's: each request with the chance of the weight."""
    bad = binomial(counts.bad, weight, chance)
    return Counts(requests=bad + binomial(counts.requests - counts.bad, weight, chance), bad=bad)


def thinned_together(
    counts: Mapping[str, Counts], nested: Sequence[str], weight: float, chance: random.Random
) -> dict[str, Counts]:
    """Likewise for many quantities, of which the one without a name is what failed.

    What failed is slow, and what took longer than a boundary also took longer than each shorter one; `nested` names the
    boundaries from the longest to the shortest. Proxies tell durations some seconds later than failures, so for a
    moment fewer may be slow than failed; they are split by themselves then, as every other quantity is.
    """
    given = {name: thinned(one, weight, chance) for name, one in counts.items() if name not in nested}
    slower, before = given.get(FAILED, Counts()).bad, counts.get(FAILED, Counts())
    slow: dict[str, float] = {}
    for name in (one for one in nested if one in counts):
        more = counts[name].bad - before.bad
        slower = slower + binomial(more, weight, chance) if more >= 0 else binomial(counts[name].bad, weight, chance)
        slow[name], before = slower, counts[name]
    every = slower + binomial(before.requests - before.bad, weight, chance)
    return given | {name: Counts(requests=every, bad=bad) for name, bad in slow.items()}


def binomial(trials: float, probability: float, chance: random.Random) -> int:
    """Successes among so many trials, by the gaps between them: exact, and quick where there are few.

    Devroye, Non-Uniform Random Variate Generation, 1986, section X.4 (the second waiting-time method).
    """
    trials = max(0, int(trials))
    if probability >= 1:
        return trials
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


def chosen(pods: Iterable[str], weight: float, chance: random.Random) -> frozenset[str]:
    """The pretended canary's pods: by weight, at least one, and if possible as many others as a comparison takes."""
    every = sorted(pods)
    wanted = max(1, min(round(weight * len(every)), len(every) - FEWEST_BASELINE))
    return frozenset(chance.sample(every, min(wanted, len(every))))


def pods_split(pods: Pods, canary: frozenset[str]) -> Pods:
    """By who was chosen; pods that came later are the baseline's."""
    ours = {name: number for name, number in pods.baseline.items() if name in canary}
    theirs = {name: number for name, number in pods.baseline.items() if name not in canary}
    return Pods(pods.at, ours, theirs)


def numbers_shared(numbers: Numbers) -> Numbers:
    """One number can't be split: the pretended canary shows what stable showed."""
    return Numbers(numbers.at, numbers.baseline, numbers.baseline)
