"""Numbers as a tired person reads them."""

from math import inf

from canary_operator.api.evidence import Arms, Counts
from canary_operator.core.evidence.interval import Interval
from canary_operator.core.evidence.sums import rate
from canary_operator.core.evidence.terms import ERRORS, Words

_MANY = 1e6
_HUNDRED = 100


def both(counts: Arms, words: Words = ERRORS) -> str:
    """Both arms: what was counted, and how much of it was bad."""
    return f"{counted(counts.canary, 'canary', words)} and {counted(counts.baseline, 'baseline', words)}"


def counted(counts: Counts, arm: str, words: Words = ERRORS) -> str:
    """`12 of 240 requests of the canary failed (5%)`."""
    if not counts.requests:
        return words.nothing.format(arm=arm)
    bad, every = f"{counts.bad:.0f}", f"{counts.requests:.0f}"
    return words.counted.format(bad=bad, all=every, arm=arm, rate=percent(rate(counts)))


def times(ratio: Interval) -> str:
    """`9.3 to 75 times`, open where nothing bounds it."""
    if ratio.lower == 0:
        return f"at most {_number(ratio.upper)} times"
    if ratio.upper == inf:
        return f"at least {_number(ratio.lower)} times"
    return f"{_number(ratio.lower)} to {_number(ratio.upper)} times"


def percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def strength(value: float, bound: float) -> str:
    """People read 1400 and a million; nobody reads 1.4e+03, or how far below 1 a harmless value lies."""
    if value < 1:
        said = "below 1"
    elif value < _MANY:
        said = f"{value:.3g}" if value < bound else f"{value:.0f}"
    else:
        said = "over a million"
    return f"evidence {said}, a breach from {bound:.0f}"


def _number(ratio: float) -> str:
    """Two digits are as many as such a bound is worth; nobody reads 1.3e+03."""
    return f"{ratio:.2g}" if ratio < _HUNDRED else f"{ratio:.0f}"
