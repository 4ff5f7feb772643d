"""Rules of ours before the one that is split: what they do, that they go away, and what forbids them."""

import copy
from dataclasses import replace
from fractions import Fraction
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.api.matches import CanaryMatch
from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.patch import operations
from canary_operator.providers.traffic.gateway_api.restore import restored
from canary_operator.providers.traffic.gateway_api.routes import Asked
from canary_operator.providers.traffic.managed import Managed
from canary_operator.providers.traffic.partly import Partly
from tests.providers.traffic.gateway_api.shapes import (
    SPLIT,
    a_backend,
    a_route,
    a_rule,
    a_split,
    as_sent,
    at,
    edited,
    given_back,
    names,
    seen,
    weights_of,
)
from tests.providers.traffic.gateway_api.strategies import a_run, choosing_orders, http_routes
from tests.providers.traffic.istio.shapes import a_weight, rolled_back
from tests.providers.traffic.istio.strategies import BUCKETS, MATCHES, unhurried

Case = tuple[Any, Asked]
FIRST, BUCKET = "canary-operator-match-1-checkout", "canary-operator-bucket-checkout"
TESTERS = MATCHES[:1]
DARK = a_weight(0, matches=TESTERS)
CART = [{"path": {"type": "PathPrefix", "value": "/cart"}}]
PLAIN = a_route(
    a_rule(a_backend("cart"), name="cart", matches=CART),
    a_rule(a_backend("checkout", 1), name="primary", timeouts={"request": "5s"}),
    a_rule(a_backend("legacy"), name="last", matches=[{"path": {"type": "Exact", "value": "/old"}}]),
)


def planned(*matches: CanaryMatch) -> Asked:
    return replace(SPLIT, managed=Managed(matches=matches))


def refusal(live: Object, *matches: CanaryMatch) -> str:
    """Said before a run, and by a write, in the same words."""
    found = current(live, planned(*matches))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    assert desired(live, SPLIT, a_weight(0, matches=matches)) == found
    return found.message


@unhurried
@given(asked=http_routes(), steps=st.lists(choosing_orders(), min_size=1, max_size=3))
def test_a_run_gives_back_what_it_got(asked: Case, steps: list[SetWeight]) -> None:
    """Whatever was inserted on the way, restore after edits is the identity, and each patch says exactly that."""
    before, split = asked
    live: Object = before
    for order in steps:
        after = desired(live, split, order)
        if isinstance(after, Problem):
            continue
        assert not isinstance(after, Partly | Problem)
        after = as_sent(after)
        assert jsonpatch.apply_patch(live, operations(live, after)) == after
        assert at(after, order, split) == after
        assert given_back(after, split) == before
        found = seen(after, split)
        assert (found.share, found.lost) == (order.weight, ())
        assert len(found.matched) == len(order.matches) + (order.bucket is not None)
        live = after
    emptied = at(live, rolled_back(), split)
    assert not seen(emptied, split).feeds
    assert jsonpatch.apply_patch(live, operations(live, emptied)) == emptied
    assert jsonpatch.apply_patch(emptied, operations(emptied, given_back(emptied, split))) == before


@unhurried
@given(asked=http_routes(), steps=a_run, order=choosing_orders())
def test_what_is_inserted_does_not_depend_on_what_was(asked: Case, steps: list[SetWeight], order: SetWeight) -> None:
    """An order is absolute: the same object directly and after others, but for the scale of a fallen weight."""
    before, split = asked
    if isinstance(desired(before, split, order), Problem):
        return
    live: Object = before
    for step in steps:
        live = at(live, step, split)
    direct, late = at(before, order, split), at(live, order, split)
    assert names(direct) == names(late)
    assert seen(direct, split) == seen(late, split)


def test_they_come_in_directly_before_the_rule_that_is_split() -> None:
    """With everything of it but its name, the tests in its match, and all of what is ours for the canary."""
    after = at(PLAIN, a_weight(5, matches=TESTERS, bucket=BUCKETS[1]), SPLIT)
    assert names(after) == ["cart", FIRST, BUCKET, "primary", "last"]
    assert after["spec"]["rules"][1]["timeouts"] == {"request": "5s"}
    assert weights_of(after, 1) == weights_of(after, 2) == {"checkout": 0, "checkout-canary": 100}
    assert weights_of(after, 3) == {"checkout": 100, "checkout-canary": 0}


def test_testers_may_have_a_service_of_their_own() -> None:
    """Their rule alone sends there."""
    after = at(PLAIN, a_weight(5, matches=TESTERS, match_service="testers", bucket=BUCKETS[1]), SPLIT)
    assert weights_of(after, 1) == {"checkout": 0, "testers": 100}
    assert weights_of(after, 2) == {"checkout": 0, "checkout-canary": 100}
    assert seen(after).lost == ()


def test_a_reversed_run_has_its_testers_behind_the_stable_service() -> None:
    """And its bucket: a quarter of all users is what the canary Service has lost."""
    order = replace(a_weight(75, matches=TESTERS, bucket=BUCKETS[1]), reversed=True)
    after = at(PLAIN, order, SPLIT)
    assert weights_of(after, 1) == weights_of(after, 2) == {"checkout": 100, "checkout-canary": 0}
    assert weights_of(after, 3) == {"checkout": 0, "checkout-canary": 100}
    assert seen(after).share == Fraction(3, 4)


def _gone(rules: Any) -> None:
    del rules[1]


def _behind(rules: Any) -> None:
    rules.insert(2, rules.pop(1))


def _pulled(rules: Any) -> None:
    rules[1]["backendRefs"] = [a_backend("checkout", 1)]


def _narrowed(rules: Any) -> None:
    rules[1]["matches"][0]["headers"].append({"name": "x-team", "type": "Exact", "value": "a"})


def _doubled(rules: Any) -> None:
    rules.insert(1, rules[1])


def _clashing(rules: Any) -> None:
    rules[2]["matches"] = [{"headers": [{"name": "x-canary", "type": "Exact", "value": "other"}]}]


@pytest.mark.parametrize("change", [_gone, _behind, _pulled, _narrowed, _doubled, _clashing])
def test_a_rule_that_somebody_took_or_changed_is_missed(change: Any) -> None:
    """Testers who get something else by now must not be thought to have the canary."""
    live = edited(at(PLAIN, DARK, SPLIT), change)
    assert seen(live).lost == (FIRST,)
    assert FIRST not in names(given_back(live, SPLIT))


def test_a_bucket_that_somebody_took_away_is_traffic_pulled() -> None:
    """Its users are with stable then, and the share says so."""
    live = edited(at(PLAIN, a_weight(25, bucket=BUCKETS[1]), SPLIT), _gone)
    assert seen(live).share == 0
    assert seen(live).lost == (BUCKET,)


def test_a_weight_behind_a_bucket_counts() -> None:
    """Somebody gave the canary a tenth of those outside: a quarter and a tenth of the rest."""

    def raised(rules: Any) -> None:
        rules[2]["backendRefs"] = [a_backend("checkout", 90), a_backend("checkout-canary", 10)]

    live = edited(at(PLAIN, a_weight(25, bucket=BUCKETS[1]), SPLIT), raised)
    assert seen(live).share == Fraction(1, 4) + Fraction(3, 4) * Fraction(1, 10)


def test_what_its_owner_changes_in_the_split_rule_is_copied_by_the_next_write() -> None:
    """Nothing is missed meanwhile: the requests still go where they should."""
    live = edited(at(PLAIN, DARK, SPLIT), lambda rules: rules[2].update(timeouts={"request": "31s"}))
    assert seen(live).lost == ()
    after = at(live, a_weight(5, matches=TESTERS), SPLIT)
    assert after["spec"]["rules"][1]["timeouts"] == {"request": "31s"}
    assert given_back(after, SPLIT)["spec"]["rules"][1]["timeouts"] == {"request": "31s"}


def test_a_rollback_takes_them_away_when_the_split_rule_is_gone() -> None:
    """Whatever else has become of the route."""

    def without(rules: Any) -> None:
        del rules[2]

    assert names(at(edited(at(PLAIN, DARK, SPLIT), without), rolled_back(), SPLIT)) == ["cart", "last"]


def test_rules_whose_record_is_lost_are_seen_and_taken_away() -> None:
    """By their names."""
    live = copy.deepcopy(dict(at(PLAIN, DARK, SPLIT)))
    del live["metadata"]["annotations"]
    assert seen(live).matched == (FIRST,)
    assert names(at(live, rolled_back(), SPLIT)) == names(PLAIN)


def test_rules_of_another_rollout_stay() -> None:
    """Also of one whose name ends as ours does."""
    other = a_split("last", stable="legacy", rollout="shop/big-checkout")
    both = at(at(PLAIN, DARK, SPLIT), DARK, other)
    theirs = "canary-operator-match-1-big-checkout"
    assert names(both) == ["cart", FIRST, "primary", theirs, "last"]
    assert names(given_back(both, SPLIT)) == ["cart", "primary", theirs, "last"]


def a_match(**tests: Any) -> CanaryMatch:
    return CanaryMatch.model_validate(tests)


def test_tests_that_cannot_be_combined_are_a_problem_before_anything_is_written() -> None:
    """It names the place in the route, the field of the spec, and the cure."""
    said = refusal(edited(PLAIN, lambda rules: rules[1].update(matches=CART)), a_match(path={"prefix": "/cart/new"}))
    assert "rule primary of HTTPRoute shop/checkout tests the path already, and traffic.canaryMatches[0]" in said
    assert "take one of the two tests away, or give those requests a rule of their own" in said


def test_a_rule_that_would_lose_its_requests_is_named() -> None:
    """The user's rule for the cart is for testers too."""
    said = refusal(PLAIN, a_match(path={"prefix": "/cart"}, method="GET"))
    assert "with the tests of traffic.canaryMatches[0] says more than rule cart does" in said


def test_a_prefix_that_is_put_in_place_of_another_is_not_lengthened() -> None:
    """`/` → `/shop` would become `/v2` → `/shop`, and applications would see another path."""
    rewrite = {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/s"}}}
    live = edited(PLAIN, lambda rules: rules[1].update(filters=[rewrite]))
    assert "in place of the prefix" in refusal(live, a_match(path={"prefix": "/v2"}))
    assert names(at(live, DARK, SPLIT)) == ["cart", FIRST, "primary", "last"]


@pytest.mark.parametrize(
    ("rules", "alternatives", "fits"), [(14, 1, True), (15, 1, False), (1, 63, True), (1, 64, False)]
)
def test_more_than_the_api_takes_is_a_problem_before_the_run(rules: int, alternatives: int, fits: bool) -> None:
    """16 rules, and 128 matches in all of them."""
    exact = [{"path": {"type": "Exact", "value": f"/{at}"}} for at in range(alternatives)]
    last = a_rule(a_backend("x"), name="last", matches=[{"path": {"type": "Exact", "value": "/last"}}] * 2)
    others = [
        a_rule(a_backend("x"), name=f"x{at}", matches=[{"path": {"type": "Exact", "value": f"/x{at}"}}])
        for at in range(rules - 1)
    ]
    live = a_route(*others, a_rule(a_backend("checkout", 1), name="primary", matches=exact), last)
    if fits:
        assert seen(live, planned(*TESTERS)).share == 0
        return
    assert "needs a rule of ours, and the API takes 16 rules and 128 matches" in refusal(live, *TESTERS)


def test_more_tests_than_a_match_has_room_for_are_a_problem() -> None:
    """16 headers."""
    headers = [{"name": f"x-{at}", "type": "Exact", "value": "1"} for at in range(16)]
    live = edited(PLAIN, lambda rules: rules[1].update(matches=[{"headers": headers}]))
    assert "has more than 16 headers or parameters in a match" in refusal(live, *TESTERS)


def test_a_clash_that_came_in_mid_run_stops_no_way_home() -> None:
    """Its owner added the test; the present rules are missed, and everything can be given back."""
    live = edited(at(PLAIN, DARK, SPLIT), _clashing)
    assert isinstance(desired(live, SPLIT, a_weight(5, matches=TESTERS)), Problem)
    assert not isinstance(restored(live, SPLIT), Problem)
    assert not seen(at(live, rolled_back(), SPLIT)).feeds
