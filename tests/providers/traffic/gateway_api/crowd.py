"""A crowd behind an HTTPRoute."""

from functools import partial
from typing import Any

from canary_operator.providers.objects import Object
from tests.providers.traffic.crowd import Arm, Crowd, User, divided
from tests.providers.traffic.gateway_api.obeying import Request, obeyed
from tests.providers.traffic.gateway_api.shapes import cookies_of


def visited(live: Object, people: Crowd) -> Crowd:
    return divided(people, partial(_arms, live))


def _arms(live: Object, user: User) -> list[Arm]:
    name = obeyed(live, Request(headers={"cookie": user.header}))
    backends: list[Any] = next(rule["backendRefs"] for rule in live["spec"]["rules"] if rule["name"] == name)
    return [Arm(each["name"], each.get("weight", 1), next(iter(cookies_of(each)), None)) for each in backends]
