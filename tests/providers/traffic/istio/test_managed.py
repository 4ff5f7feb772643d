"""Rules of ours before the one that is split: where they stand, what they do, and that they go away."""

import copy
from fractions import Fraction
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.edit import current, desired
from canary_operator.providers.traffic.istio.patch import operations
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.managed import Managed, owner_of
from tests.providers.traffic.istio.shapes import (
    SPLIT,
    a_destination,
    a_rule,
    a_split,
    a_virtual_service,
    a_weight,
    as_sent,
    at,
    edited,
    given_back,
    names,
    rolled_back,
    seen,
    weights_of,
)
from tests.providers.traffic.istio.strategies import (
    BUCKETS,
    MATCHES,
    any_orders,
    choosing_orders,
    mirroring_orders,
    orders,
    unhurried,
    virtual_services,
)

Case = tuple[Any, Asked]
a_run = st.lists(any_orders, min_size=1, max_size=4)
inserting = choosing_orders() | mirroring_orders()
FIRST, BUCKET = "canary-operator-match-1-checkout", "canary-operator-bucket-checkout"
DARK = a_weight(0, matches=MATCHES[:1])
PLAIN = a_virtual_service(
    a_rule(a_destination("website"), name="first", match=[{"uri": {"prefix": "/web"}}]),
    a_rule(a_destination("checkout"), name="primary", timeout="5s"),
    a_rule(a_destination("legacy"), name="last"),
)


@unhurried
@given(asked=virtual_services(), steps=a_run)
def test_a_run_gives_back_what_it_got(asked: Case, steps: list[SetWeight]) -> None:
    """Whatever was inserted on the way, restore after edits is the identity, and each patch says exactly that."""
    before, split = asked
    live: Object = before
    for order in steps:
        after = as_sent(at(live, order, split))
        assert jsonpatch.apply_patch(live, operations(live, after)) == after
        assert at(after, order, split) == after
        assert given_back(after, split) == before
        live = after
    assert jsonpatch.apply_patch(live, operations(live, given_back(live, split))) == before


@unhurried
@given(asked=virtual_services(), steps=a_run, order=inserting)
def test_what_is_inserted_does_not_depend_on_what_was(asked: Case, steps: list[SetWeight], order: SetWeight) -> None:
    """An order is absolute: the same object directly and after others, but for the scale of a fallen weight."""
    before, split = asked
    live: Object = before
    for step in steps:
        live = at(live, step, split)
    direct, late = at(before, order, split), at(live, order, split)
    assert names(direct) == names(late)
    assert seen(direct, split) == seen(late, split)


@unhurried
@given(asked=virtual_services(), order=inserting)
def test_the_share_that_is_read_is_the_one_that_was_ordered(asked: Case, order: SetWeight) -> None:
    """Also where a bucket takes its users before the split rule; and nothing is missed."""
    before, split = asked
    found = seen(at(before, order, split), split)
    assert (found.share, found.lost) == (order.weight, ())
    by_cookie = 0 if order.cookies is None else 2 + len(order.cookies.earlier)
    others = (order.bucket is not None) + (order.copies is not None)
    assert len(found.matched) == len(order.matches) + others + by_cookie
    assert found.record is not None
    assert found.record.matched == bool(order.matches)
    assert found.record.mirror == (None if order.copies is None else order.copies.percentage)


@unhurried
@given(asked=virtual_services(), order=inserting)
def test_only_our_rules_come_in_and_directly_before_the_split_one(asked: Case, order: SetWeight) -> None:
    """The user's rules keep their order, and none of ours overtakes an earlier one of theirs."""
    before, split = asked
    after = at(before, order, split)
    ours = [place for place, rule in enumerate(after["spec"]["http"]) if owner_of(rule)]
    theirs = [rule.get("name") for rule in after["spec"]["http"] if not owner_of(rule)]
    assert theirs == [rule.get("name") for rule in before["spec"]["http"]]
    if ours:
        name = "primary" if any("name" in rule for rule in before["spec"]["http"]) else None
        split_at = [rule.get("name") for rule in after["spec"]["http"]].index(name)
        assert ours == list(range(split_at - len(ours), split_at))


@unhurried
@given(asked=virtual_services(), steps=a_run, fall=orders.filter(lambda order: order.weight == 0))
def test_a_fall_to_0_takes_them_away_in_the_same_patch(asked: Case, steps: list[SetWeight], fall: SetWeight) -> None:
    """Nobody gets the canary any more, by chance or by choice."""
    live, split = asked
    for order in steps:
        live = as_sent(at(live, order, split))
    fallen = at(live, fall, split)
    assert not seen(fallen, split).feeds
    assert jsonpatch.apply_patch(live, operations(live, fallen)) == fallen


def test_a_dark_launch_moves_nobody_else() -> None:
    """Weight 0 stands beside the rule that sends the testers."""
    live = at(PLAIN, DARK, SPLIT)
    assert names(live) == ["first", FIRST, "primary", "last"]
    assert weights_of(live, 1) == {"checkout": 0, "checkout-canary": 100}
    assert weights_of(live, 2) == {"checkout": 100, "checkout-canary": 0}
    assert live["spec"]["http"][1]["timeout"] == "5s"
    assert seen(live).feeds


def test_testers_may_go_through_a_service_of_their_own() -> None:
    """Named as the user names hosts; and missed when somebody points the rule at the canary Service."""
    live = at(PLAIN, a_weight(5, matches=MATCHES[:1], match_service="testers"), SPLIT)
    assert weights_of(live, 1) == {"checkout": 0, "testers": 100}
    assert weights_of(live, 2) == {"checkout": 95, "checkout-canary": 5}
    assert seen(live).lost == ()

    def counted(rules: Any) -> None:
        rules[1]["route"][1]["destination"]["host"] = "checkout-canary"

    assert seen(edited(live, counted)).lost == (FIRST,)


def test_a_bucket_leaves_the_split_rule_to_stable() -> None:
    """Who is not in the bucket is not drawn once more."""
    live = at(PLAIN, a_weight(37, bucket=BUCKETS[1]), SPLIT)
    assert weights_of(live, 1) == {"checkout": 0, "checkout-canary": 100}
    assert weights_of(live, 2) == {"checkout": 100, "checkout-canary": 0}
    assert seen(live).share == Fraction(37, 100)


def test_in_a_reversed_run_the_new_revision_is_behind_the_stable_service() -> None:
    """A person who is meant gets the new one, wherever that is."""
    order = SetWeight(Fraction(3, 4), Purpose.STAGE, "abc-1", 1, matches=MATCHES[:1], bucket=BUCKETS[1], reversed=True)
    live = at(PLAIN, order, SPLIT)
    assert [weights_of(live, place) for place in (1, 2, 3)] == [
        {"checkout": 100, "checkout-canary": 0},
        {"checkout": 100, "checkout-canary": 0},
        {"checkout": 0, "checkout-canary": 100},
    ]
    assert seen(live).share == Fraction(3, 4)


def test_the_split_rule_without_a_name_is_still_the_only_one() -> None:
    """Those that rollouts inserted don't make it ambiguous."""
    plain = a_virtual_service(a_rule(a_destination("checkout")))
    live = at(plain, DARK, a_split())
    assert at(live, a_weight(5, matches=MATCHES), a_split())["spec"]["http"][-1].get("name") is None
    assert given_back(live, a_split()) == plain


def _gone(rules: Any) -> None:
    del rules[1]


def _behind(rules: Any) -> None:
    rules.insert(2, rules.pop(1))


def _pulled(rules: Any) -> None:
    rules[1]["route"] = [a_destination("checkout")]


def _narrowed(rules: Any) -> None:
    rules[1]["match"][0]["headers"]["x-team"] = {"exact": "a"}


def _doubled(rules: Any) -> None:
    rules.insert(1, rules[1])


def _clashing(rules: Any) -> None:
    rules[2]["match"] = [{"headers": {"x-canary": {"exact": "other"}}}]


@pytest.mark.parametrize("change", [_gone, _behind, _pulled, _narrowed, _doubled, _clashing])
def test_a_rule_that_somebody_took_or_changed_is_missed(change: Any) -> None:
    """Testers who get something else by now must not be thought to have the canary."""
    live = edited(at(PLAIN, DARK, SPLIT), change)
    assert seen(live).lost == (FIRST,)
    assert given_back(live, SPLIT)["metadata"] == PLAIN["metadata"]
    assert FIRST not in names(given_back(live, SPLIT))


def test_a_bucket_that_somebody_took_away_is_traffic_pulled() -> None:
    """Its users are with stable then, and the share says so."""
    live = at(PLAIN, a_weight(25, bucket=BUCKETS[1]), SPLIT)
    assert seen(edited(live, _gone)).share == 0
    assert seen(edited(live, _gone)).lost == (BUCKET,)


def test_a_weight_behind_a_bucket_counts() -> None:
    """Somebody gave the canary a tenth of those outside: a quarter and a tenth of the rest."""

    def raised(rules: Any) -> None:
        rules[2]["route"] = [a_destination("checkout", 90), a_destination("checkout-canary", 10)]

    live = edited(at(PLAIN, a_weight(25, bucket=BUCKETS[1]), SPLIT), raised)
    assert seen(live).share == Fraction(1, 4) + Fraction(3, 4) * Fraction(1, 10)


def test_what_its_owner_changes_in_the_split_rule_is_copied_by_the_next_write() -> None:
    """Nothing is missed meanwhile: the requests still go where they should."""

    def slower(rules: Any) -> None:
        rules[2]["timeout"] = "31s"

    live = edited(at(PLAIN, DARK, SPLIT), slower)
    assert seen(live).lost == ()
    after = at(live, a_weight(5, matches=MATCHES[:1]), SPLIT)
    assert [rule.get("timeout") for rule in after["spec"]["http"]] == [None, "31s", "31s", None]
    assert given_back(after, SPLIT) == edited(PLAIN, lambda rules: rules[1].update(timeout="31s"))


def test_a_rollback_takes_them_away_when_the_split_rule_is_gone() -> None:
    """Whatever else has become of the route."""

    def without(rules: Any) -> None:
        del rules[2]

    after = at(edited(at(PLAIN, DARK, SPLIT), without), rolled_back(), SPLIT)
    assert names(after) == ["first", "last"]


def test_rules_whose_record_is_lost_are_seen_and_taken_away() -> None:
    """By their names."""
    live = copy.deepcopy(dict(at(PLAIN, DARK, SPLIT)))
    del live["metadata"]["annotations"]
    assert seen(live).matched == (FIRST,)
    assert seen(live).record is None
    assert not seen(at(live, rolled_back(), SPLIT)).feeds


def test_rules_of_another_rollout_stay() -> None:
    """Also of one whose name ends as ours does."""
    other = a_split("last", stable="legacy", rollout="shop/big-checkout")
    both = at(at(PLAIN, DARK, SPLIT), DARK, other)
    assert names(both) == ["first", FIRST, "primary", "canary-operator-match-1-big-checkout", "last"]
    assert names(given_back(both, SPLIT)) == ["first", "primary", "canary-operator-match-1-big-checkout", "last"]
    assert given_back(given_back(both, SPLIT), other) == PLAIN


def test_tests_that_cannot_be_combined_are_a_problem_before_anything_is_written() -> None:
    """It names the place in the route, the field of the spec, and the cure."""
    live = a_virtual_service(
        a_rule(a_destination("checkout"), name="primary", match=[{"headers": {"x-canary": {"exact": "2"}}}])
    )
    asked = Asked("shop/checkout", SPLIT.routes, SPLIT.stable, SPLIT.canary, Managed(matches=MATCHES))
    for found in (current(live, asked), desired(live, asked, DARK)):
        assert isinstance(found, Problem)
        assert found.reason == reasons.ROUTE_UNSUPPORTED
        assert "http route primary" in found.message
        assert "tests the header x-canary already, and traffic.canaryMatches[0] tests it too" in found.message
        assert "take one of the two tests away" in found.message


def test_a_clash_that_came_in_mid_run_stops_no_way_home() -> None:
    """Its owner added the test; the present rules are missed, and everything can be given back."""
    live = edited(at(PLAIN, DARK, SPLIT), _clashing)
    assert isinstance(desired(live, SPLIT, a_weight(5, matches=MATCHES[:1])), Problem)
    assert not isinstance(restored(live, SPLIT), Problem)
    assert not seen(at(live, rolled_back(), SPLIT)).feeds
