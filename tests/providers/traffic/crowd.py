"""How all users fare behind a route: not drawn by chance, but divided as Envoy divides them on average."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple


class User(NamedTuple):
    """Whoever has come so far to the same."""

    cookie: str | None = None
    """As a browser returns it: `name=value`."""
    seen: tuple[str, ...] = ()
    """The Services that answered, the newest last."""

    @property
    def header(self) -> str:
        return "; ".join(["lang=en", *([self.cookie] if self.cookie else []), "a=1"])


class Arm(NamedTuple):
    """Where a rule sends to."""

    service: str
    weight: int
    cookie: str | None
    """What it sets."""


Crowd = Mapping[User, Fraction]
NEWCOMERS: Crowd = {User(): Fraction(1)}


def divided(crowd: Crowd, arms: Callable[[User], Sequence[Arm]]) -> Crowd:
    """The crowd after one request of everybody; `arms` are those of the rule that the user obeys."""
    after: defaultdict[User, Fraction] = defaultdict(Fraction)
    for user, part in crowd.items():
        found = arms(user)
        total = sum(each.weight for each in found)
        for each in found:
            if each.weight:
                after[_answered(user, each)] += part * Fraction(each.weight, total)
    return after


def at(crowd: Crowd, service: str) -> Fraction:
    """The part whose last answer came from this Service."""
    return sum((part for user, part in crowd.items() if user.seen[-1] == service), Fraction(0))


def _answered(user: User, arm: Arm) -> User:
    cookie = arm.cookie.partition(";")[0] if arm.cookie else user.cookie
    return User(cookie, (*user.seen, arm.service))
