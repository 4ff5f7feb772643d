"""How much a test may stake at each look, so that it may look as often as it likes."""

from datetime import timedelta

FIRST = 0.6
PLANNED = 0.38
RESERVE = 0.02


def planned_looks(span: timedelta, look: timedelta) -> int:
    """How many looks fit into a span; at least two, for one look alone can never be enough."""
    return max(2, round(span / look))


def spent(looks: int, planned: int) -> float:
    """The part of the capital, between 0 and 1, that was staked in the first `looks` looks.

    0.6 goes at once, because bad releases are mostly bad from the start, and 0.38 evenly over the other planned
    looks. Of the rest, the j-th look beyond the plan gets 0.02 / (j (j + 1)): a canary that turns bad after hours of
    holding still meets a fresh stake.
    """
    if looks <= 0:
        return 0.0
    if looks <= planned:
        return FIRST + PLANNED * (looks - 1) / (planned - 1)
    return FIRST + PLANNED + RESERVE * (1 - 1 / (looks - planned + 1))


def stake(look: int, planned: int) -> float:
    """The part of the capital that is staked at this look, counted from 1."""
    if look == 1:
        return FIRST
    if look <= planned:
        return PLANNED / (planned - 1)
    beyond = look - planned
    return RESERVE / (beyond * (beyond + 1))
