"""The cookie that a version sets for whoever is drawn for it, in a filter of its backend.

It is added, never set, so that the application's own cookies stay. The API takes one filter of a type in one backend,
so ours goes into one that its owner has.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from canary_operator.core.cookies import Cookies
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.cookies import CANARY, SET_COOKIE, is_ours, text_of
from canary_operator.providers.traffic.gateway_api.backends import MOST_FILTERS, Backend, is_service, shown
from canary_operator.providers.traffic.gateway_api.routes import Rule, Split
from canary_operator.providers.traffic.gateway_api.rules import rules
from canary_operator.providers.traffic.managed import Managed

MOST_HEADERS = 16
"""So many headers one filter may add."""
_TYPE, _FIELD = "ResponseHeaderModifier", "responseHeaderModifier"
_FILTERS, _FILTER, _ADD = 1, 2, 3
"""How much of the way to the added headers is there."""


def setting(backends: Sequence[Backend], managed: Managed, split: Split, namespace: str) -> list[Backend]:
    """The backends, each with the cookie of its version where we are asked for one."""
    if managed.cookies is None:
        return [*backends]
    new, old = (split.stable, split.canary) if managed.reversed else (split.canary, split.stable)
    drawn = {new: CANARY, old: str(managed.cookies.stage)}
    texts = {wanted: text_of(managed.cookies, split.rollout, said) for wanted, said in drawn.items()}
    return [
        _adding(each, texts[each["name"]]) if any(is_service(each, wanted, namespace) for wanted in texts) else each
        for each in backends
    ]


def set_in(backends: Sequence[Backend]) -> frozenset[tuple[str, str]]:
    """Who adds which cookie."""
    return frozenset(
        (shown(each), str(one.get("value"))) for each in backends for one in _added(each) if _is_cookie(one)
    )


def held(backend: Backend) -> int:
    """How much of the way to the added headers its owner has there."""
    filters = backend.get("filters")
    if not isinstance(filters, list):
        return 0
    place = _place(filters)
    if place is None:
        return _FILTERS
    return _ADD if "add" in (filters[place].get(_FIELD) or {}) else _FILTER


def without(backend: Backend, cookies: Cookies, rollout: str, kept: int) -> Backend:
    """The backend without the cookie; of the way there stays what its owner has, or what is not empty."""
    added = _added(backend)
    others = [one for one in added if not (_is_cookie(one) and is_ours(str(one.get("value")), cookies, rollout))]
    if len(others) == len(added):
        return backend
    filters = list(backend["filters"])
    place = _place(filters) or 0
    modifier = _with(filters[place][_FIELD], "add", others, stays=kept >= _ADD)
    filters[place : place + 1] = [{**filters[place], _FIELD: modifier}] if modifier or kept >= _FILTER else []
    return _with(backend, "filters", filters, stays=kept >= _FILTERS)


def outdone(live: Object, rule: Rule) -> str | None:
    """Where the route's owner writes the same header, so that ours has no room or doesn't reach the user."""
    for where, kinds, modifier in _of_responses(live, rule):
        for kind in kinds:
            if any(str(name).lower() == SET_COOKIE for name in _names(modifier.get(kind) or ())):
                return f"{where}.{_FIELD}.{kind}"
    return None


def full(rule: Rule) -> str | None:
    """What has no room for one more header, and what it is full of."""
    for each in _ours(rule):
        if len(_added(each)) == MOST_HEADERS:
            return f"{MOST_HEADERS} headers that {shown(each)} adds to responses"
        if held(each) == _FILTERS and len(each["filters"]) == MOST_FILTERS:
            return f"{MOST_FILTERS} filters of {shown(each)}"
    return None


def _of_responses(live: Object, rule: Rule) -> Iterator[tuple[str, Sequence[str], Mapping[str, Any]]]:
    """With what there is in the way of ours: the rule's own filter comes after that of the backend."""
    yield "filters", ("set", "remove"), _modifier(rules(live)[rule.place])
    for each in _ours(rule):
        yield f"{shown(each)}: filters", ("set", "add"), _modifier(each)


def _ours(rule: Rule) -> list[Backend]:
    return [rule.backends[place] for place in (rule.stable, rule.canary) if place is not None]


def _names(headers: Sequence[Any]) -> Iterator[Any]:
    """Those to remove are names alone."""
    return (one.get("name") if isinstance(one, Mapping) else one for one in headers)


def _adding(backend: Backend, text: str) -> Backend:
    filters = list(backend.get("filters") or ())
    others = [one for one in _added(backend) if not _is_cookie(one)]
    modifier = {**_modifier(backend), "add": [*others, {"name": SET_COOKIE, "value": text}]}
    if (place := _place(filters)) is None:
        filters.append({"type": _TYPE, _FIELD: modifier})
    else:
        filters[place] = {**filters[place], _FIELD: modifier}
    return {**backend, "filters": filters}


def _added(backend: Backend) -> list[Mapping[str, Any]]:
    return list(_modifier(backend).get("add") or ())


def _modifier(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of the responses of a rule or of a backend."""
    filters = holder.get("filters") or []
    place = _place(filters)
    return {} if place is None else filters[place].get(_FIELD) or {}


def _place(filters: Sequence[Mapping[str, Any]]) -> int | None:
    return next((place for place, one in enumerate(filters) if one.get("type") == _TYPE), None)


def _is_cookie(header: Mapping[str, Any]) -> bool:
    return str(header.get("name")).lower() == SET_COOKIE


def _with(part: Mapping[str, Any], key: str, values: list[Any], *, stays: bool) -> dict[str, Any]:
    """`stays`: also without any value."""
    rest = {name: found for name, found in part.items() if name != key}
    return {**part, key: values} if values or stays else rest
