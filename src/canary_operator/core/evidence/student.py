"""Student's t distribution: how likely chance alone is to make two small groups of pods differ so much."""

from functools import lru_cache
from math import exp, inf, lgamma, log, log1p

_STEPS = 200
_ENOUGH = 1e-14
_TINY = 1e-300
_HALVINGS = 80


def upper_tail(t: float, degrees: int) -> float:
    """P(T > t) of Student's t with so many degrees of freedom, by the incomplete beta function.

    I_x(ν/2, 1/2) with x = ν/(ν + t²) is the chance of both tails (Abramowitz and Stegun, 1964, 26.7.1).
    """
    both = _incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5)
    return both / 2 if t >= 0 else 1 - both / 2


@lru_cache(maxsize=1024)
def quantile(chance: float, degrees: int) -> float:
    """The t that is exceeded with this chance, between 0 and 0.5; by halving: a run asks for few, again and again."""
    low, high = 0.0, 1.0
    while upper_tail(high, degrees) > chance and high < inf:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if upper_tail(middle, degrees) > chance else (low, middle)
    return high


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised I_x(a, b); the fraction converges fast left of the mean, so the other side is mirrored."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Abramowitz and Stegun 26.5.8, evaluated from the front (Lentz, Applied Optics 15, 1976)."""
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        before = value
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + term * d)
            c = _away(1 + term / c)
            value *= c * d
        if abs(value / before - 1) < _ENOUGH:
            break
    return value


def _away(number: float) -> float:
    """From zero, which would end the fraction."""
    return number if abs(number) > _TINY else _TINY
