"""The rules that are inserted: the rule that is split with more tests, and with backends of their own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api import problems
from canary_operator.providers.traffic.gateway_api.backends import Backend, canary_of, is_service, weight
from canary_operator.providers.traffic.gateway_api.matching import (
    Match,
    both,
    match_of,
    match_of_bucket,
    tests_path,
)
from canary_operator.providers.traffic.gateway_api.precedence import first_overtaken
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
from canary_operator.providers.traffic.managed import WHOLE, Managed, bucket_name, match_name, of_role
from canary_operator.providers.traffic.problems import Clash


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A rule to insert."""

    name: str
    field: str
    """Of the spec."""
    tests: Match


def clones(live: Object, rule: Rule, split: Split, managed: Managed, share: Fraction) -> list[Object] | Problem:
    """Canary matches first, then the bucket; a Problem where another rule, or the API, forbids one.

    `live` is without any of them.
    """
    found: list[Object] = []
    for one in _wanted(managed, split, of_role(managed, share)):
        alternatives = _matches(live, rule, one)
        if isinstance(alternatives, Problem):
            return alternatives
        route = backends_at(rule, of_role(managed, WHOLE), split.canary)
        if route is None:
            return problems.too_fine(live, rule.place, of_role(managed, WHOLE))
        through = [_through(each, split.canary, service_of(one.name, split, managed), live) for each in route]
        found.append({**rules(live)[rule.place], "name": one.name, "matches": alternatives, "backendRefs": through})
    return found


def service_of(name: str, split: Split, managed: Managed) -> str:
    """Where this rule finds the canary's pods: canary matches may have a Service of their own."""
    numbers = range(1, len(managed.matches) + 1)
    names = {match_name(split.rollout, number, split.place) for number in numbers}
    return managed.match_service if managed.match_service is not None and name in names else split.canary


def _wanted(managed: Managed, split: Split, share: Fraction) -> Iterator[_Wanted]:
    for number, match in enumerate(managed.matches, start=1):
        field = f"traffic.canaryMatches[{number - 1}]"
        yield _Wanted(match_name(split.rollout, number, split.place), field, match_of(match))
    if managed.bucket is not None:
        tests = match_of_bucket(managed.bucket, share)
        yield _Wanted(bucket_name(split.rollout, split.place), "traffic.canaryBucket", tests)


def _matches(live: Object, rule: Rule, wanted: _Wanted) -> list[Match] | Problem:
    place = rule.place
    origins = matches(live, place)
    if tests_path(wanted.tests) and rewrites_prefix(live, place):
        return problems.prefix_rewritten(live, place, wanted.field)
    found = both(origins, wanted.tests)
    if isinstance(found, Clash):
        return problems.tested_twice(live, place, found.what, wanted.field)
    if any(len(match.get(field) or ()) > MOST_TESTS for match in found for field in ("headers", "queryParams")):
        return problems.too_many_tests(live, place, wanted.field)
    every = [matches(live, at) for at in range(len(rules(live)))]
    copied = {at: [_copied(match, wanted.tests) for match in every[at]] for at in rule.beside}
    other = first_overtaken(found, origins, every, place, copied)
    return found if other is None else problems.overtaking(live, place, wanted.field, other)


def _copied(match: Match, tests: Match) -> Match:
    """Of a rule that is split along; as it is where it gets no copy."""
    found = both([match], tests)
    return match if isinstance(found, Clash) else found[0]


def _through(backend: Backend, canary: str, service: str, live: Object) -> Backend:
    """The canary's pods, perhaps by another Service."""
    if service == canary or not is_service(backend, canary, live["metadata"]["namespace"]):
        return backend
    return canary_of(backend, service, weight(backend))


def crowded(live: Object, inserting: Iterable[Sequence[Object]]) -> Problem | None:
    """The rules that come before each split one are more than the API takes in one HTTPRoute."""
    ours = [one for some in inserting for one in some]
    every = [*rules(live), *ours]
    fits = len(every) <= MOST_RULES and sum(len(rule.get("matches") or ({},)) for rule in every) <= MOST_MATCHES
    return None if fits or not ours else problems.crowded(live, len(ours))
