"""The rules that are inserted: the rule that is split with more tests, and with backends of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.cookies import Cookies
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.cookies import header_of, header_of_all, kept_users
from canary_operator.providers.traffic.gateway_api import problems
from canary_operator.providers.traffic.gateway_api.backends import Backend, canary_of, is_service, shown, weight
from canary_operator.providers.traffic.gateway_api.cookies import full, outdone, setting
from canary_operator.providers.traffic.gateway_api.matching import (
    Match,
    both,
    match_of,
    match_of_bucket,
    match_of_cookies,
    tests_path,
)
from canary_operator.providers.traffic.gateway_api.precedence import first_overtaken, says_more
from canary_operator.providers.traffic.gateway_api.routes import Rule, Split
from canary_operator.providers.traffic.gateway_api.rules import (
    MOST_MATCHES,
    MOST_RULES,
    MOST_TESTS,
    matches,
    rewrites_prefix,
    rules,
)
from canary_operator.providers.traffic.gateway_api.splitting import backends_at
from canary_operator.providers.traffic.managed import (
    WHOLE,
    Managed,
    bucket_name,
    cookie_rule_name,
    match_name,
    of_role,
)
from canary_operator.providers.traffic.problems import Clash


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A rule to insert."""

    name: str
    field: str
    """Of the spec."""
    tests: Match
    share: Fraction = WHOLE
    """The new revision's part of what is ours."""
    draws: bool = False
    """Whoever comes by it gets a cookie."""
    over: Match | None = None
    """Tests of rules of ours behind it, which must not take its requests by saying more."""


def clones(live: Object, rule: Rule, split: Split, managed: Managed, share: Fraction) -> list[Object] | Problem:
    """Canary matches first, then bucket or cookies; a Problem where another rule, or the API, forbids it.

    `live` is without any of them.
    """
    if managed.cookies is not None and (problem := _unkeepable(live, rule)):
        return problem
    found: list[Object] = []
    for one in _wanted(managed, split, of_role(managed, share)):
        alternatives = _matches(live, rule.place, one)
        if isinstance(alternatives, Problem):
            return alternatives
        backends = _backends(live, rule, split, managed, one)
        if backends is None:
            return problems.too_fine(live, rule.place, of_role(managed, one.share))
        found.append({**rules(live)[rule.place], "name": one.name, "matches": alternatives, "backendRefs": backends})
    return problems.crowded(live, rule.place, len(found)) if _crowded(live, found) else found


def service_of(name: str, split: Split, managed: Managed) -> str:
    """Where this rule finds the canary's pods: canary matches may have a Service of their own."""
    names = {match_name(split.rollout, number) for number in range(1, len(managed.matches) + 1)}
    return managed.match_service if managed.match_service is not None and name in names else split.canary


def _unkeepable(live: Object, rule: Rule) -> Problem | None:
    """Why no cookie can keep users apart here."""
    if rule.others:
        return problems.third_party(live, rule.place, shown(rule.backends[rule.others[0]]))
    if (where := outdone(live, rule)) is not None:
        return problems.cookie_outdone(live, rule.place, where)
    what = full(rule)
    return None if what is None else problems.cookie_without_room(live, rule.place, what)


def _backends(live: Object, rule: Rule, split: Split, managed: Managed, wanted: _Wanted) -> list[Backend] | None:
    found = backends_at(rule, of_role(managed, wanted.share), split.canary)
    if found is None:
        return None
    if wanted.draws:
        return setting(found, managed, split, live["metadata"]["namespace"])
    return [_through(each, split.canary, service_of(wanted.name, split, managed), live) for each in found]


def _wanted(managed: Managed, split: Split, share: Fraction) -> Iterator[_Wanted]:
    cookies = managed.cookies
    over = None if cookies is None else match_of_cookies(header_of_all(cookies, split.rollout))
    for number, match in enumerate(managed.matches, start=1):
        field = f"traffic.canaryMatches[{number - 1}]"
        yield _Wanted(match_name(split.rollout, number), field, match_of(match), over=over)
    if managed.bucket is not None:
        tests = match_of_bucket(managed.bucket, share)
        yield _Wanted(bucket_name(split.rollout), "traffic.canaryBucket", tests)
    if cookies is not None:
        yield from _for_cookies(cookies, split, share)


def _for_cookies(cookies: Cookies, split: Split, share: Fraction) -> Iterator[_Wanted]:
    for users in kept_users(cookies, share):
        tests = match_of_cookies(header_of(cookies, split.rollout, users.drawn))
        name = cookie_rule_name(split.rollout, users.drawn)
        yield _Wanted(name, "traffic.stickiness", tests, users.share, users.draws)


def _matches(live: Object, place: int, wanted: _Wanted) -> list[Match] | Problem:
    origins = matches(live, place)
    if tests_path(wanted.tests) and rewrites_prefix(live, place):
        return problems.prefix_rewritten(live, place, wanted.field)
    found = both(origins, wanted.tests)
    if isinstance(found, Clash):
        return problems.tested_twice(live, place, found.what, wanted.field)
    every = list(zip(found, origins, strict=True))
    every += [] if wanted.over is None else _once_more(every, wanted.over)
    return _allowed(live, place, wanted, every)


def _once_more(found: Sequence[tuple[Match, Match]], over: Match) -> Iterator[tuple[Match, Match]]:
    """Those that say less than a rule behind them, with its tests too: of two that say as much the first is obeyed."""
    for match, origin in found:
        behind, before = both([origin], over), both([match], over)
        if not isinstance(behind, Clash) and not isinstance(before, Clash) and says_more(behind[0], match):
            yield before[0], origin


def _allowed(live: Object, place: int, wanted: _Wanted, found: Sequence[tuple[Match, Match]]) -> list[Match] | Problem:
    """With what each is made from."""
    written = [match for match, _ in found]
    if any(len(match.get(field) or ()) > MOST_TESTS for match in written for field in ("headers", "queryParams")):
        return problems.too_many_tests(live, place, wanted.field)
    every = [matches(live, at) for at in range(len(rules(live)))]
    other = first_overtaken(written, [origin for _, origin in found], every, place)
    if other is None:
        return written
    return problems.overtaking(live, place, wanted.field, other, by_a_header=_is_one_header(wanted.tests))


def _is_one_header(tests: Match) -> bool:
    return tests.keys() == {"headers"} and len(tests["headers"]) == 1


def _through(backend: Backend, canary: str, service: str, live: Object) -> Backend:
    """The canary's pods, perhaps by another Service."""
    if service == canary or not is_service(backend, canary, live["metadata"]["namespace"]):
        return backend
    return canary_of(backend, service, weight(backend))


def _crowded(live: Object, found: Sequence[Object]) -> bool:
    """More than the API takes in one HTTPRoute."""
    every = [*rules(live), *found]
    return bool(found) and (
        len(every) > MOST_RULES or sum(len(rule.get("matches") or ({},)) for rule in every) > MOST_MATCHES
    )
