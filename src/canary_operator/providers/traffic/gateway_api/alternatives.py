"""The matches of a rule that is inserted: those of the rule that is split, with more tests."""

from collections.abc import Iterator, Sequence

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api import problems
from canary_operator.providers.traffic.gateway_api.matching import Match, both, takes, tests_path
from canary_operator.providers.traffic.gateway_api.precedence import first_overtaken, says_more
from canary_operator.providers.traffic.gateway_api.routes import Rule
from canary_operator.providers.traffic.gateway_api.rules import MOST_TESTS, matches, rewrites_prefix, rules
from canary_operator.providers.traffic.gateway_api.wanted import Wanted
from canary_operator.providers.traffic.problems import Clash


def alternatives(live: Object, rule: Rule, wanted: Wanted) -> list[Match] | Problem:
    """Empty where copies are wanted of requests that the rule doesn't take."""
    place = rule.place
    origins = matches(live, place)
    if wanted.copies is not None and "method" in wanted.tests:
        origins = [one for one in origins if takes(one, wanted.tests["method"])]
    if tests_path(wanted.tests) and rewrites_prefix(live, place):
        return problems.prefix_rewritten(live, place, wanted.field)
    found = both(origins, wanted.tests)
    if isinstance(found, Clash):
        return problems.tested_twice(live, place, found.what, wanted.field)
    every = list(zip(found, origins, strict=True))
    every += [] if wanted.over is None else _once_more(every, wanted.over)
    if len(every) > 1 and rewrites_prefix(live, place):
        return problems.matched_once(live, place, wanted.field)
    return _allowed(live, rule, wanted, every)


def _once_more(found: Sequence[tuple[Match, Match]], over: Match) -> Iterator[tuple[Match, Match]]:
    """Those that say less than a rule behind them, with its tests too: of two that say as much the first is obeyed."""
    for match, origin in found:
        behind, before = both([origin], over), both([match], over)
        if not isinstance(behind, Clash) and not isinstance(before, Clash) and says_more(behind[0], match):
            yield before[0], origin


def _allowed(live: Object, rule: Rule, wanted: Wanted, found: Sequence[tuple[Match, Match]]) -> list[Match] | Problem:
    """With what each is made from."""
    written, place = [match for match, _ in found], rule.place
    if any(len(match.get(field) or ()) > MOST_TESTS for match in written for field in ("headers", "queryParams")):
        return problems.too_many_tests(live, place, wanted.field)
    every = [matches(live, at) for at in range(len(rules(live)))]
    copied = {at: [_copied(match, wanted.tests) for match in every[at]] for at in rule.beside}
    other = first_overtaken(found, every, place, copied)
    return written if other is None else problems.overtaking(live, place, wanted.field, other, _cure(wanted.tests))


def _copied(match: Match, tests: Match) -> Match:
    """Of a rule that is split along; as it is where it gets no copy."""
    found = both([match], tests)
    return match if isinstance(found, Clash) else found[0]


def _cure(tests: Match) -> str:
    """What gives the other rule its requests back, where ours adds one thing only; else empty."""
    if tests.keys() == {"method"}:
        return "let that one test a method too"
    one_header = tests.keys() == {"headers"} and len(tests["headers"]) == 1
    return "let that one test a header more and stand before it" if one_header else ""
