"""Who obeys which rule before and after ours come in: nobody's requests but those of the split rule are taken."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_operator.api.matches import CanaryMatch
from canary_operator.core.world import Problem
from canary_operator.providers.traffic.gateway_api.edit import desired
from canary_operator.providers.traffic.gateway_api.matching import match_of
from canary_operator.providers.traffic.gateway_api.precedence import overtaken
from canary_operator.providers.traffic.partly import Partly
from tests.providers.traffic.gateway_api.obeying import Request, obeyed, passes
from tests.providers.traffic.gateway_api.shapes import a_backend, a_route, a_rule, a_split, at
from tests.providers.traffic.gateway_api.strategies import TESTERS
from tests.providers.traffic.istio.shapes import a_weight
from tests.providers.traffic.istio.strategies import unhurried

REQUESTS = [
    Request(path, method, headers, params)
    for path, method, headers, params in product(
        ("/", "/cart", "/cart/new", "/cartoon"),
        ("GET", "PUT"),
        ({}, {"x": "1"}, {"x": "1", "x-canary": "true"}, {"x": "2", "x-canary": "true"}),
        ({}, {"v": "1"}),
    )
]
PATHS = [("PathPrefix", "/"), ("PathPrefix", "/cart"), ("PathPrefix", "/cart/new"), ("Exact", "/cart")]
matches = st.fixed_dictionaries(
    {"path": st.sampled_from(PATHS).map(lambda path: {"type": path[0], "value": path[1]})},
    optional={
        "method": st.sampled_from(["GET", "PUT"]),
        "headers": st.sampled_from(["1", "2"]).map(lambda value: [{"name": "x", "type": "Exact", "value": value}]),
        "queryParams": st.just([{"name": "v", "type": "RegularExpression", "value": ".*"}]),
    },
)
tests = st.fixed_dictionaries(
    {},
    optional={
        "headers": st.lists(
            st.sampled_from([{"name": "x-canary", "exact": "true"}, {"name": "x-canary", "present": True}]),
            min_size=1,
            max_size=1,
        ),
        "method": st.just("PUT"),
        "path": st.sampled_from([{"prefix": "/cart"}, {"exact": "/cart/new"}]),
        "queryParams": st.just([{"name": "v", "exact": "1"}]),
    },
).filter(bool)
alternatives = st.lists(matches, min_size=1, max_size=2)


@settings(unhurried, max_examples=200)
@given(split=alternatives, before=st.lists(alternatives, max_size=2), behind=st.lists(alternatives, max_size=2),
       tests=tests)  # fmt: skip
def test_a_request_changes_hands_only_from_the_split_rule_to_ours(
    split: Any, before: Any, behind: Any, tests: Any
) -> None:
    """And every one of those that passes the tests does: or the whole is refused."""
    others = [a_rule(a_backend("other"), name=f"other-{at}", matches=one) for at, one in enumerate([*before, *behind])]
    primary = a_rule(a_backend("checkout"), name="primary", matches=split)
    live = a_route(*others[: len(before)], primary, *others[len(before) :])
    match = CanaryMatch.model_validate(tests)
    after = desired(live, a_split("primary"), a_weight(5, matches=(match,)))
    assert not isinstance(after, Partly)
    if isinstance(after, Problem):
        assert "tests" in after.message
        return
    for request in REQUESTS:
        was, now = obeyed(live, request), obeyed(after, request)
        chosen = was == "primary" and passes(match_of(match), request)
        assert now == ("canary-operator-match-1-checkout" if chosen else was), request


@unhurried
@given(split=alternatives, along=alternatives, between=st.lists(alternatives, max_size=1), tests=tests)
def test_of_two_split_rules_each_hands_requests_to_its_own_copies(
    split: Any, along: Any, between: Any, tests: Any
) -> None:
    """Whatever else is done to them by the one rule, filters and timeouts, is not done by the copy of the other."""
    others = [a_rule(a_backend("other"), name="other", matches=one) for one in between]
    both = [a_rule(a_backend("checkout"), name=name, matches=one) for name, one in (("a", split), ("b", along))]
    live = a_route(both[0], *others, both[1])
    match = CanaryMatch.model_validate(tests)
    after = desired(live, a_split("a", more=["b"]), a_weight(5, matches=(match,)))
    assert not isinstance(after, Partly)
    if isinstance(after, Problem):
        assert "tests" in after.message
        return
    copies = {"a": "canary-operator-match-1-checkout", "b": "canary-operator-match-1.2-checkout"}
    for request in REQUESTS:
        was, now = obeyed(live, request), obeyed(after, request)
        assert now == (copies.get(was or "", was) if passes(match_of(match), request) else was), request


def test_a_rule_that_is_split_along_needs_no_test_that_excludes_the_other() -> None:
    """Its own copy says as much more as the other's does."""
    team = [{**SLASH, "headers": [TEAM]}]
    live = a_route(a_rule(a_backend("checkout"), name="all"), a_rule(a_backend("checkout"), name="team", matches=team))
    order = a_weight(5, matches=TESTERS[:1])
    assert isinstance(desired(live, a_split("all"), order), Problem)
    after = at(live, order, a_split("all", more=["team"]))
    asking = Request("/", headers={"x-canary": "true", "x-team": "a"})
    assert obeyed(after, asking) == "canary-operator-match-1.2-checkout"


SLASH = {"path": {"type": "PathPrefix", "value": "/"}}
TESTER = {"name": "x-canary", "type": "Exact", "value": "true"}
TEAM = {"name": "x-team", "type": "Exact", "value": "a"}


@pytest.mark.parametrize(
    ("clone", "other", "earlier", "loses"),
    [
        ({**SLASH, "headers": [TESTER]}, {**SLASH, "headers": [TEAM]}, False, True),
        ({**SLASH, "headers": [TESTER]}, {**SLASH, "headers": [TEAM]}, True, False),
        ({**SLASH, "headers": [TESTER, {**TEAM, "value": "b"}]}, {**SLASH, "headers": [TEAM]}, False, False),
        ({**SLASH, "headers": [TESTER], "method": "GET"}, {**SLASH, "headers": [TEAM]}, True, True),
        ({**SLASH, "headers": [TESTER], "method": "GET"}, {**SLASH, "method": "PUT"}, False, False),
        ({"path": {"type": "PathPrefix", "value": "/cart"}, "headers": [TESTER]},
         {"path": {"type": "PathPrefix", "value": "/cart"}}, True, True),
        ({"path": {"type": "PathPrefix", "value": "/cart"}}, {"path": {"type": "PathPrefix", "value": "/cartoon"}},
         False, False),
        ({**SLASH, "headers": [TESTER]}, {"path": {"type": "RegularExpression", "value": "/a|/b"}}, True, False),
    ],
)  # fmt: skip
def test_a_copy_may_not_say_more_than_a_rule_that_says_more_than_the_original(
    clone: Any, other: Any, earlier: bool, loses: bool
) -> None:
    """Where both say as much, the earlier one is obeyed; where no request passes both, neither loses any."""
    assert overtaken(clone, SLASH, other, other, earlier=earlier) is loses
