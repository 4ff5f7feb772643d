"""How all users fare behind a route: not drawn by chance, but divided as Envoy divides them on average."""

import re
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from canary_operator.providers.objects import Object


class User(NamedTuple):
    """Whoever has come so far to the same."""

    cookie: str | None = None
    """As a browser returns it: `name=value`."""
    seen: tuple[str, ...] = ()
    """The hosts that answered, the newest last."""

    @property
    def header(self) -> str:
        return "; ".join(["lang=en", *([self.cookie] if self.cookie else []), "a=1"])


Crowd = Mapping[User, Fraction]
NEWCOMERS: Crowd = {User(): Fraction(1)}


def visited(live: Object, crowd: Crowd) -> Crowd:
    """The crowd after one request of everybody."""
    after: defaultdict[User, Fraction] = defaultdict(Fraction)
    for user, part in crowd.items():
        route = _route(live, user)
        total = sum(each.get("weight", 0) for each in route) if len(route) > 1 else 1
        for each in route:
            weight = each.get("weight", 0) if len(route) > 1 else 1
            if weight:
                after[_answered(user, each)] += part * Fraction(weight, total)
    return after


def at(crowd: Crowd, host: str) -> Fraction:
    """The part whose last answer came from this host."""
    return sum((part for user, part in crowd.items() if user.seen[-1] == host), Fraction(0))


def _route(live: Object, user: User) -> Any:
    return next(rule["route"] for rule in live["spec"]["http"] if rule.get("route") and _takes(rule, user))


def _takes(rule: Any, user: User) -> bool:
    return any(_passes(block, user) for block in rule.get("match") or [{}])


def _passes(block: Any, user: User) -> bool:
    """Of tests only those of the cookie are known, and paths that everybody asks for."""
    assert block.keys() <= {"headers", "uri"}
    tests = block.get("headers", {})
    assert tests.keys() <= {"cookie"}
    return all(re.fullmatch(test["regex"], user.header) for test in tests.values())


def _answered(user: User, destination: Any) -> User:
    added = destination.get("headers", {}).get("response", {}).get("add", {}).get("set-cookie")
    cookie = added.partition(";")[0] if added else user.cookie
    return User(cookie, (*user.seen, destination["destination"]["host"]))
