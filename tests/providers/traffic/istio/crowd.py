"""A crowd behind a VirtualService."""

import re
from functools import partial
from typing import Any

from canary_operator.providers.objects import Object
from tests.providers.traffic.crowd import Arm, Crowd, User, divided


def visited(live: Object, people: Crowd) -> Crowd:
    return divided(people, partial(_arms, live))


def _arms(live: Object, user: User) -> list[Arm]:
    route = next(rule["route"] for rule in live["spec"]["http"] if rule.get("route") and _takes(rule, user))
    return [_arm(each, alone=len(route) == 1) for each in route]


def _arm(destination: Any, *, alone: bool) -> Arm:
    added = destination.get("headers", {}).get("response", {}).get("add", {})
    weight = 1 if alone else destination.get("weight", 0)
    return Arm(destination["destination"]["host"], weight, added.get("set-cookie"))


def _takes(rule: Any, user: User) -> bool:
    return any(_passes(block, user) for block in rule.get("match") or [{}])


def _passes(block: Any, user: User) -> bool:
    """Of tests only those of the cookie are known, and paths that everybody asks for."""
    assert block.keys() <= {"headers", "uri"}
    tests = block.get("headers", {})
    assert tests.keys() <= {"cookie"}
    return all(re.fullmatch(test["regex"], user.header) for test in tests.values())
