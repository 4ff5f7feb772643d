from collections.abc import Callable
from dataclasses import dataclass

from canary_operator.core.transitions import Event
from canary_operator.core.world import Missing, Problem, Unknown, World


@dataclass(frozen=True, slots=True)
class Finding:
    """What a pass found, with a reason of `api.reasons` and a sentence for a person."""

    event: Event
    reason: str
    message: str


Check = Callable[[World], Finding | None]
"""One kind of news: a finding, or None when there is nothing to say."""


def first(checks: tuple[Check, ...], world: World) -> Finding:
    """The first check that has something to say; the last of a chain always has."""
    for check in checks:
        if (finding := check(world)) is not None:
            return finding
    raise AssertionError("the last check of a chain must always answer")


def not_there(part: Problem | Missing | Unknown, *, missing: str, reading: str) -> Finding:
    """Why a part of the world can't be used: the user must act, or it is not read yet."""
    match part:
        case Problem(reason=reason, message=message):
            return Finding(Event.HELD, reason, message)
        case Missing(what=what):
            return Finding(Event.HELD, missing, f"{what} does not exist; create it, or correct the reference")
        case Unknown(reason=text):
            return Finding(Event.WAITED, reading, text)
