"""The recursion that all tests share: several bets, each with its own alternative, and the capital not yet staked."""

from collections.abc import Sequence
from math import exp, log

from canary_operator.api.evidence import Test
from canary_operator.core.evidence.schedule import spent, stake

LARGEST_GAIN = log(20)
"""No single look multiplies a bet by more than 20, so no single look decides alone."""
MOST = 1e12
"""A bet grows no further: what is certain needs no larger number."""


def bet(test: Test, gains: Sequence[float], planned: int, *, largest: float = LARGEST_GAIN) -> Test:
    """One look later: each bet gets its part of the stake, then wins or loses by its gain (a logarithm).

    Without an alternative there is no bet: nothing can be worse than a limit of 100 %. Wealth that another version of
    this program spread over other alternatives is spread evenly over ours, which a bettor may do at any time.
    """
    if not gains:
        return test
    look, before, bets = test.looks + 1, test.wealth, len(gains)
    part = stake(look, planned) / bets
    if len(before) != bets:
        before = (sum(before) / bets,) * bets
    # Neither zip(…, strict=True) nor min(): each would take longer than the arithmetic, for every bet of every look.
    grown = [
        (before[place] + part) * exp(gain if gain < largest else largest)  # noqa: FURB136
        for place, gain in enumerate(gains)
    ]
    return Test(look, tuple(grown) if max(grown) <= MOST else tuple(min(one, MOST) for one in grown))


def e_value(test: Test, planned: int) -> float:
    """What the capital of 1 has become: under the null hypothesis its expectation is at most 1 at any time.

    By Ville's inequality it then ever reaches 1/alpha with a probability of at most alpha.
    """
    return sum(test.wealth) + 1 - spent(test.looks, planned)
