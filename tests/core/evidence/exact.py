"""Exact probabilities, written down a second time and independently of the product."""

from math import comb, exp, lgamma, log


def binomial(requests: int, bad: int, fails: float) -> float:
    """The chance of exactly so many bad requests."""
    return comb(requests, bad) * fails**bad * (1 - fails) ** (requests - bad)


def poisson(mean: float, count: int) -> float:
    """The chance of exactly so many events."""
    return exp(count * log(mean) - mean - lgamma(count + 1)) if mean else float(count == 0)
