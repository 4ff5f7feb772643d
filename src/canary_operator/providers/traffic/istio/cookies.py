"""The cookie that a version sets for whoever is drawn for it, in the headers of its destination.

It is added, never set, so that the application's own cookies stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from canary_operator.core.cookies import Cookies
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.cookies import CANARY, SET_COOKIE, is_ours, text_of
from canary_operator.providers.traffic.istio.destinations import Address, Destination, address, shown
from canary_operator.providers.traffic.istio.routes import Rule, Split
from canary_operator.providers.traffic.istio.rules import rule_at
from canary_operator.providers.traffic.managed import Managed

_WAY = ("headers", "response", "add")
_OVERWRITES = ("set", "remove")


def setting(route: Sequence[Destination], managed: Managed, split: Split, namespace: str) -> list[Destination]:
    """The destinations, each with the cookie of its version where we are asked for one."""
    if managed.cookies is None:
        return [*route]
    new, old = (split.stable, split.canary) if managed.reversed else (split.canary, split.stable)
    drawn = {new: CANARY, old: str(managed.cookies.stage)}
    texts = {wanted: text_of(managed.cookies, split.rollout, said) for wanted, said in drawn.items()}
    return [_adding(each, texts.get(address(each, namespace))) for each in route]


def set_in(route: Sequence[Destination], namespace: str) -> Mapping[Address, str]:
    """Who adds which cookie."""
    return {address(each, namespace): str(_added(each).get(SET_COOKIE)) for each in route}


def held(destination: Destination) -> int:
    """How much of the way to the added headers its owner has there."""
    part: Any = destination
    for depth, step in enumerate(_WAY):
        part = part.get(step)
        if not isinstance(part, Mapping):
            return depth
    return len(_WAY)


def without(destination: Destination, cookies: Cookies, rollout: str, kept: int) -> Destination:
    """The destination without the cookie; of the way there stays what its owner has, or what is not empty."""
    added = _added(destination)
    if not is_ours(str(added.get(SET_COOKIE, "")), cookies, rollout):
        return destination
    return _without(destination, (*_WAY, SET_COOKIE), kept)


def outdone(live: Object, rule: Rule) -> str | None:
    """Where the route's owner writes the same header, so that ours has no room or doesn't reach the user."""
    ours = [rule.destinations[place] for place in (rule.stable, rule.canary) if place is not None]
    for where, headers in _of_responses(rule_at(live, rule.spot), ours):
        for kind in _OVERWRITES if where == "headers" else ("set", "add"):
            if any(str(name).lower() == SET_COOKIE for name in headers.get(kind) or ()):
                return f"{where}.response.{kind}"
    return None


def _of_responses(rule: Object, ours: Sequence[Destination]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "headers", (rule.get("headers") or {}).get("response") or {}
    for each in ours:
        yield f"{shown(each)}: headers", (each.get("headers") or {}).get("response") or {}


def _adding(destination: Destination, text: str | None) -> Destination:
    if text is None:
        return destination
    headers = destination.get("headers") or {}
    response = headers.get("response") or {}
    added = {**(response.get("add") or {}), SET_COOKIE: text}
    return {**destination, "headers": {**headers, "response": {**response, "add": added}}}


def _added(destination: Destination) -> Mapping[str, Any]:
    part: Any = destination
    for step in _WAY:
        part = part.get(step) or {}
    return part if isinstance(part, Mapping) else {}


def _without(part: Mapping[str, Any], way: Sequence[str], kept: int) -> Mapping[str, Any]:
    """`kept` counts the steps of the way that stay even when they are empty."""
    step, *further = way
    rest = {key: value for key, value in part.items() if key != step}
    inner = _without(part[step], further, kept - 1) if further else None
    return {**part, step: inner} if inner or (further and kept > 0) else rest
