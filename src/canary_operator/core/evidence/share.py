"""Whether the requests are split as the weight says: a route that nobody obeys, or one that another one outdoes."""

from math import exp, log, log1p

from canary_operator.api.evidence import Split

FACTOR = 1.5
"""A share that is off by less is as good as the weight."""
_BOUND = 1000.0
"""The chance that an exact split is ever called another is at most one in so many, in each stage."""


def splits_together(one: Split, other: Split) -> Split:
    return Split(one.canary + other.canary, one.baseline + other.baseline, one.elsewhere + other.elsewhere)


def is_off(split: Split, weight: float) -> bool:
    """Of the callers that send to the canary at all; below 100 %, where there is something to split.

    Likelihood ratios of four other shares against the weight, averaged: for an exact split nothing that is expected to
    exceed 1, so it reaches 1000 with a chance of at most 1/1000, however often it is asked (Ville, 1939).
    """
    requests = split.canary + split.baseline
    if not 0 < weight < 1 or not requests:
        return False
    share = split.canary / requests
    if weight / FACTOR <= share <= weight * FACTOR:
        return False
    others = (weight / 3, weight / FACTOR, min(weight * FACTOR, (1 + weight) / 2), min(weight * 3, (2 + weight) / 3))
    return _mean([_gain(split, other, weight) for other in others]) >= log(_BOUND)


def is_ignored(split: Split, weight: float) -> bool:
    """Nobody sends the canary anything, so often that an exact split would hardly ever do so."""
    return 0 < weight < 1 and not split.canary and -split.elsewhere * log1p(-weight) >= log(_BOUND)


def _gain(split: Split, other: float, weight: float) -> float:
    """The logarithm of how much likelier the counts are with the other share."""
    return split.canary * log(other / weight) + split.baseline * (log1p(-other) - log1p(-weight))


def _mean(logs: list[float]) -> float:
    """The logarithm of the mean of what these are the logarithms of."""
    most = max(logs)
    return most + log(sum(exp(one - most) for one in logs) / len(logs))
