"""Traffic is taken back wherever it can be: a rule that can't be edited keeps no other from it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object

One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Partly:
    """The object as far as it can be brought, and what stands in the way of the rest."""

    object: Object
    problems: tuple[Problem, ...]


def said(problems: Iterable[Problem]) -> Problem:
    """All of them as one; the first gives the reason."""
    every = tuple(problems)
    return Problem(every[0].reason, "; ".join(dict.fromkeys(one.message for one in every)))


def whole(after: Object | Partly | Problem) -> Object | Problem:
    """Where a part is not enough."""
    return said(after.problems) if isinstance(after, Partly) else after


def gives_all_back(action: SetWeight) -> bool:
    """The rollback of a reversed run."""
    return action.purpose is Purpose.ROLL_BACK and action.weight == 1


def raised(
    every: Sequence[One | Problem], action: SetWeight, edited: Callable[[Sequence[One]], Object | Problem]
) -> Object | Partly | Problem:
    """The object with all that were found edited; with less than all of them only where traffic is given back."""
    found = [one for one in every if not isinstance(one, Problem)]
    problems = tuple(one for one in every if isinstance(one, Problem))
    if problems and not (found and gives_all_back(action)):
        return said(problems)
    after = edited(found)
    return Partly(after, problems) if problems and not isinstance(after, Problem) else after


def brought(live: Object, after: Object, problems: Sequence[Problem]) -> Object | Partly | Problem:
    """What became of `live`, where some of its rules had a problem."""
    if not problems:
        return after
    return Partly(after, tuple(problems)) if after is not live else said(problems)


def in_turn(
    live: Object, every: Iterable[One], change: Callable[[Object, One], Object | Problem]
) -> tuple[Object, list[One], list[Problem]]:
    """The object after the changes of all, those that were made, and why the others were not."""
    after, made, problems = live, list[One](), list[Problem]()
    for one in every:
        given = change(after, one)
        if isinstance(given, Problem):
            problems.append(given)
        else:
            after = given
            made.append(one)
    return after, made, problems
