"""Canary against baseline: is the canary's rate of bad requests more than `margin` times the baseline's?"""

from functools import lru_cache
from math import log

from canary_operator.api.evidence import Arms

ALTERNATIVES = (1.75, 3.0, 5.0, 10.0, 30.0)
"""How many times worse than allowed: one bet each."""
FINE = (1.1, 1.25, 1.75, 3.0, 10.0)
"""For what is frequent: a canary that sells a fifth less is only 1.25 times worse, and a bet on 1.75 loses by it."""


@lru_cache(maxsize=64)
def _logarithms(alternatives: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    return tuple((m, log(m)) for m in alternatives)


def gains(stratum: Arms, margin: float, phi: float, alternatives: tuple[float, ...] = ALTERNATIVES) -> list[float]:
    """The logarithm by which each bet grows over one stratum.

    With n requests and e bad ones of canary c and baseline b, and alternative m:

        [ e_c ln m + (e_c + e_b) ln( (n_c margin + n_b) / (n_c margin m + n_b) ) ] / phi

    The null hypothesis is p_c ≤ margin · p_b; p_b itself may be anything and may change from stratum to stratum. For
    Bernoulli and for Poisson counts, E[a^e_c · b^e_b] ≤ exp(p_c n_c (a − 1) + p_b n_b (b − 1)), and with b = (n_c
    margin + n_b) / (n_c margin m + n_b) and a = m b the exponent is 0 where the null is just true, below it inside.
    So no bet is expected to win. An arm without requests says nothing.
    """
    canary, baseline = stratum.canary, stratum.baseline
    if canary.requests <= 0 or baseline.requests <= 0:
        return [0.0] * len(alternatives)
    bad, every_bad = canary.bad, canary.bad + baseline.bad
    allowed, beside = canary.requests * margin, baseline.requests
    together = allowed + beside
    return [
        (bad * log_m + every_bad * log(together / (allowed * m + beside))) / phi
        for m, log_m in _logarithms(alternatives)
    ]
