"""Which rules of an object a rollout means: by our record of them, and else by the spec."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from canary_operator.core.world import Problem

Split = TypeVar("Split")
"""A rule that is asked for, and between whom it is split."""
Spot = TypeVar("Spot")
"""Where a rule stands."""
Kept = TypeVar("Kept")
"""A rule as its owner wrote it."""


@dataclass(frozen=True, slots=True)
class Chosen(Generic[Split, Spot, Kept]):
    """A rule that is meant, as it was first written about or else as it is asked for, and where it stands."""

    split: Split
    spot: Spot | Problem
    kept: Kept | None


def choose_all(
    wanted: Mapping[int, Split],
    kept: Mapping[int, Kept],
    written: Callable[[Kept], Split],
    choose: Callable[[Split, Split | None, Sequence[Split]], Spot | Problem],
    twice: Callable[[Spot, Split], Problem],
) -> tuple[Chosen[Split, Spot, Kept], ...]:
    """What the spec asks for, and what the record alone still knows of; no spot is meant twice.

    Args:
        wanted: by the place of each among those that are asked for
        kept: likewise
        written: what was asked for when it was first written about
        choose: by what is asked for, what was, and what was of the others
        twice: what is said where two mean this spot
    """
    recorded = {place: written(one) for place, one in kept.items()}
    chosen: list[Chosen[Split, Spot, Kept]] = []
    for place in sorted({*kept, *wanted}):
        before = recorded.get(place)
        split = wanted[place] if before is None else before
        others = [] if before is None else [other for key, other in recorded.items() if key != place]
        spot = choose(wanted.get(place, split), before, others)
        if not isinstance(spot, Problem) and any(spot == one.spot for one in chosen):
            spot = twice(spot, split)
        chosen.append(Chosen(split, spot, kept.get(place)))
    return tuple(chosen)


def unfound(chosen: Sequence[Chosen[Split, Spot, Kept]], feeds: Callable[[Split], bool]) -> list[Problem]:
    """Of those that are not to be found only one that still gives the canary traffic is a problem."""
    return [one.spot for one in chosen if isinstance(one.spot, Problem) and feeds(one.split)]
