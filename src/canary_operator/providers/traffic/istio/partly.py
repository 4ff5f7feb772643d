"""Traffic is taken back wherever it can be: a rule that can't be edited keeps no other from it."""

from collections.abc import Iterable
from dataclasses import dataclass

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object


@dataclass(frozen=True, slots=True)
class Partly:
    """The object as far as it can be brought, and what stands in the way of the rest."""

    object: Object
    problems: tuple[Problem, ...]


def said(problems: Iterable[Problem]) -> Problem:
    """All of them as one; the first gives the reason."""
    every = tuple(problems)
    return Problem(every[0].reason, "; ".join(dict.fromkeys(one.message for one in every)))
