"""Numbers as a tired person reads them."""

from math import inf

from canary_operator.api.evidence import Arms, Counts
from canary_operator.core.evidence.interval import Interval
from canary_operator.core.evidence.sums import rate

_MANY = 1e6
_HUNDRED = 100


def both(counts: Arms, bad: str = "failed") -> str:
    """Both arms: what was counted, and how much of it was bad."""
    return f"{counted(counts.canary, 'of the canary', bad)} and {counted(counts.baseline, 'of the baseline', bad)}"


def counted(counts: Counts, whose: str, bad: str = "failed") -> str:
    """`12 of 240 requests of the canary failed (5%)`."""
    if not counts.requests:
        return f"no request {whose}"
    return f"{counts.bad:.0f} of {counts.requests:.0f} requests {whose} {bad} ({percent(rate(counts))})"


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
