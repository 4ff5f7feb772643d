"""The rules that are inserted: the rule that is split with more tests, and with a split of their own.

Nothing is inherited from a rule before or after, so all else of it (rewrite, headers, timeout, retries, …) is copied.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.cookies import Cookies
from canary_operator.core.copies import Copies
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.cookies import header_of, kept_users
from canary_operator.providers.traffic.hosts import service_host
from canary_operator.providers.traffic.istio.cookies import outdone, setting
from canary_operator.providers.traffic.istio.destinations import Address, Destination, canary_of, host, means, weight
from canary_operator.providers.traffic.istio.matching import (
    Block,
    block_of,
    block_of_bucket,
    block_of_cookies,
    both,
    safe,
)
from canary_operator.providers.traffic.istio.mirrors import mirroring
from canary_operator.providers.traffic.istio.problems import (
    cookie_outdone,
    tested_twice,
    third_party,
    too_fine,
    uncopied,
)
from canary_operator.providers.traffic.istio.routes import Rule, Split
from canary_operator.providers.traffic.istio.rules import Spot, rule_at
from canary_operator.providers.traffic.istio.splitting import route_at
from canary_operator.providers.traffic.managed import (
    NOTHING,
    WHOLE,
    Managed,
    bucket_name,
    cookie_rule_name,
    match_name,
    mirror_name,
    of_role,
)
from canary_operator.providers.traffic.problems import Clash


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A rule to insert."""

    name: str
    field: str
    """Of the spec."""
    tests: Block
    share: Fraction
    """The new revision's part of what is ours."""
    draws: bool = False
    """Whoever comes by it gets a cookie."""
    copies: Copies | None = None
    """Of these the new revision gets a copy."""


def clones(live: Object, rule: Rule, split: Split, managed: Managed, share: Fraction) -> list[Object] | Problem:
    """Canary matches first, then bucket, cookies or mirror; a Problem where the rule that is split forbids it."""
    if managed.cookies is not None and (problem := _unkeepable(live, rule)):
        return problem
    found: list[Object] = []
    for one in _wanted(managed, split, of_role(managed, share)):
        match = _match(rule_at(live, rule.spot), one)
        if match is None:
            return uncopied(live, rule.spot)
        if isinstance(match, Clash):
            return tested_twice(live, rule.spot, match.what, one.field)
        route = _route(live, rule, split, managed, one)
        if route is None:
            return too_fine(live, rule.spot, of_role(managed, one.share))
        clone = {"name": one.name, **match, **_copied(live, rule.spot), "route": route}
        found.append(clone if one.copies is None else _mirroring(clone, one.copies, new_revision(split, managed), live))
    return found


def new_revision(split: Split, managed: Managed) -> Address:
    """Whichever of the two has its pods behind it."""
    return split.stable if managed.reversed else split.canary


def _match(rule: Object, wanted: _Wanted) -> Object | Clash | None:
    """A rule that takes everything has none; None where it takes nothing."""
    alternatives = rule.get("match") or []
    if wanted.copies is not None and wanted.copies.unsafe:
        return {"match": alternatives} if alternatives else {}
    found = both(alternatives, wanted.tests) if wanted.copies is None else safe(alternatives)
    return found if isinstance(found, Clash) else {"match": found} if found else None


def _mirroring(clone: Object, copies: Copies, new: Address, live: Object) -> Object:
    """The destination is in the rule already, as one that nobody is sent to."""
    namespace = live["metadata"]["namespace"]
    there = next(each["destination"] for each in clone["route"] if means(each, namespace, new))
    return mirroring(clone, there, copies.percentage)


def address_of(name: str, split: Split, managed: Managed) -> Address:
    """Where this rule finds the canary's pods: canary matches may have a Service of their own."""
    numbers = range(1, len(managed.matches) + 1)
    names = {match_name(split.rollout, number, split.place) for number in numbers}
    if managed.match_service is None or name not in names:
        return split.canary
    return Address(service_host(managed.match_service, split.rollout.partition("/")[0]))


def _unkeepable(live: Object, rule: Rule) -> Problem | None:
    """Why no cookie can keep users apart here."""
    if rule.others:
        return third_party(live, rule.spot, host(rule.destinations[rule.others[0]]))
    where = outdone(live, rule)
    return None if where is None else cookie_outdone(live, rule.spot, where)


def _route(live: Object, rule: Rule, split: Split, managed: Managed, wanted: _Wanted) -> list[Destination] | None:
    namespace = live["metadata"]["namespace"]
    route = route_at(rule, of_role(managed, wanted.share), split.canary, namespace)
    if route is None:
        return None
    if wanted.draws:
        return setting(route, managed, split, namespace)
    return _through(route, split.canary, address_of(wanted.name, split, managed), namespace)


def _through(route: list[Destination], canary: Address, wanted: Address, namespace: str) -> list[Destination]:
    """The same destinations, with another Service in the canary's place."""
    if wanted == canary:
        return route
    return [
        canary_of(each, wanted, namespace, weight(each)) if means(each, namespace, canary) else each for each in route
    ]


def _wanted(managed: Managed, split: Split, share: Fraction) -> Iterator[_Wanted]:
    for number, match in enumerate(managed.matches, start=1):
        field = f"traffic.canaryMatches[{number - 1}]"
        yield _Wanted(match_name(split.rollout, number, split.place), field, block_of(match), WHOLE)
    if managed.bucket is not None:
        tests = block_of_bucket(managed.bucket, share)
        yield _Wanted(bucket_name(split.rollout, split.place), "traffic.canaryBucket", tests, WHOLE)
    if managed.cookies is not None:
        yield from _for_cookies(managed.cookies, split, share)
    if managed.copies is not None:
        name = mirror_name(split.rollout, split.place)
        yield _Wanted(name, "stages[].mirror", {}, NOTHING, copies=managed.copies)


def _for_cookies(cookies: Cookies, split: Split, share: Fraction) -> Iterator[_Wanted]:
    for users in kept_users(cookies, share):
        tests = block_of_cookies(header_of(cookies, split.rollout, users.drawn))
        name = cookie_rule_name(split.rollout, users.drawn, split.place)
        yield _Wanted(name, "traffic.stickiness", tests, users.share, users.draws)


def _copied(live: Object, spot: Spot) -> Object:
    return {key: value for key, value in rule_at(live, spot).items() if key not in {"name", "match", "route"}}
