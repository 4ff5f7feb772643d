"""Weight 0, whatever has become of the route."""

import copy
import json
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import ANNOTATION
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.restore import restored
from tests.providers.traffic.gateway_api.shapes import (
    a_backend,
    a_route,
    a_rule,
    a_split,
    at,
    backends_in,
    given_back,
    weights_of,
)
from tests.providers.traffic.istio.shapes import a_weight, rolled_back

SPLIT = a_route(a_rule(a_backend("checkout", 60), a_backend("checkout-canary", 20), a_backend("legacy", 20)))
PLAIN = a_route(a_rule(a_backend("checkout", 1)))


def changed(live: Object, change: Any) -> Any:
    body: Any = copy.deepcopy(live)
    change(body["spec"]["rules"])
    return body


def test_the_canarys_weight_moves_to_stable_and_nothing_else_is_touched() -> None:
    """Not even to a rounder sum."""
    assert weights_of(at(SPLIT, rolled_back())) == {"checkout": 80, "checkout-canary": 0, "legacy": 20}


def test_a_rollback_needs_no_record() -> None:
    """A canary that got traffic from somebody else is emptied, and that is written down to be finished."""
    after = at(SPLIT, rolled_back())
    assert json.loads(after["metadata"]["annotations"][ANNOTATION])["shop/checkout"]["purpose"] == "RollBack"


def test_without_record_and_traffic_there_is_nothing_to_write() -> None:
    """Writing costs a push in the mesh."""
    assert at(PLAIN, rolled_back()) is PLAIN


@pytest.mark.parametrize("value", ["{", "[]", '{"shop/checkout": {"run": 7}}'])
def test_an_unreadable_record_does_not_stop_a_rollback(value: str) -> None:
    """Only the weights change, so that a person can still repair it; nobody else may read it either."""
    live = a_route(a_rule(a_backend("checkout", 75), a_backend("checkout-canary", 25)), annotations={ANNOTATION: value})
    after = at(live, rolled_back())
    assert weights_of(after) == {"checkout": 100, "checkout-canary": 0}
    assert after["metadata"] == live["metadata"]
    for found in (current(live, a_split()), restored(live, a_split())):
        assert isinstance(found, Problem)
        assert found.reason == reasons.ROUTE_RECORD_UNREADABLE


def test_every_copy_of_the_canary_is_emptied() -> None:
    """Somebody named it twice; a rollback is no time for questions."""
    refs = [a_backend("checkout", 50), a_backend("checkout-canary", 25), a_backend("checkout-canary", 25, port=81)]
    after = at(a_route(a_rule(*refs)), rolled_back())
    assert [each["weight"] for each in backends_in(after)] == [100, 0, 0]


def test_more_than_the_api_takes_is_never_written() -> None:
    """Its owner gave both nearly the largest weight: the canary is emptied all the same."""
    live = a_route(a_rule(a_backend("checkout", MOST_WEIGHT), a_backend("checkout-canary", MOST_WEIGHT)))
    after = at(live, rolled_back())
    assert weights_of(after) == {"checkout": MOST_WEIGHT, "checkout-canary": 0}
    assert weights_of(given_back(after)) == {"checkout": MOST_WEIGHT, "checkout-canary": 0}


def test_a_rule_that_was_renamed_is_known_by_our_services() -> None:
    """The record and the backends tell which rule was edited, whatever it is called now."""
    live = at(
        a_route(a_rule(a_backend("checkout", 1), name="a"), a_rule(a_backend("cart", 1), name="b")),
        a_weight(25),
        a_split("a"),
    )
    renamed = changed(live, lambda rules: rules[0].update(name="c"))
    assert weights_of(at(renamed, rolled_back(), a_split("a"))) == {"checkout": 100, "checkout-canary": 0}
    assert weights_of(given_back(renamed, a_split("a"))) == {"checkout": 1}


def test_a_rule_without_a_name_that_got_company_is_known_by_our_services() -> None:
    """The new one sends nothing to the canary."""
    live = changed(at(PLAIN, a_weight(25)), lambda rules: rules.insert(0, a_rule(a_backend("cart", 1))))
    assert weights_of(at(live, rolled_back()), 1) == {"checkout": 100, "checkout-canary": 0}


@pytest.mark.parametrize("rules", [[], [a_rule(a_backend("cart", 1), name="cart")]])
def test_a_rule_that_is_gone_sends_nothing_to_the_canary(rules: Any) -> None:
    """Nothing to write, and nothing to give back but the record."""
    live: Any = copy.deepcopy(at(a_route(a_rule(a_backend("checkout", 1), name="a")), a_weight(25), a_split("a")))
    live["spec"]["rules"] = rules
    assert at(live, rolled_back(), a_split("a"))["spec"] == live["spec"]
    after = given_back(live, a_split("a"))
    assert (after["spec"], after["metadata"].get("annotations")) == (live["spec"], None)


def test_without_stable_there_is_nowhere_to_go() -> None:
    """Traffic that can't be taken from the canary is told."""
    live = changed(at(PLAIN, a_weight(25)), lambda rules: rules[0]["backendRefs"].pop(0))
    for found in (desired(live, a_split(), rolled_back()), restored(live, a_split())):
        assert isinstance(found, Problem)
        assert found.reason == reasons.DESTINATION_NOT_FOUND


def test_a_route_of_another_rollout_is_left_alone() -> None:
    """Its canary is no business of ours, neither for a rollback nor for a stage."""
    live = at(PLAIN, a_weight(25))
    other = a_split(rollout="shop/other")
    assert desired(live, other, rolled_back()) is live
    for found in (current(live, other), desired(live, other, a_weight(0))):
        assert isinstance(found, Problem)
        assert found.reason == reasons.ROUTE_TAKEN
        assert "shop/checkout" in found.message


def test_two_rollouts_may_split_two_rules() -> None:
    """Each has an entry of its own, and keeps what it does not know."""
    live = a_route(a_rule(a_backend("checkout", 1), name="a"), a_rule(a_backend("cart", 1), name="b"))
    both = at(at(live, a_weight(25), a_split("a")), a_weight(50), a_split("b", stable="cart", rollout="shop/cart"))
    assert set(json.loads(both["metadata"]["annotations"][ANNOTATION])) == {"shop/checkout", "shop/cart"}
    one = given_back(both, a_split("a"))
    assert (weights_of(one, 0), weights_of(one, 1)) == ({"checkout": 1}, {"cart": 50, "cart-canary": 50})
    assert given_back(one, a_split("b", stable="cart", rollout="shop/cart")) == live


def test_restoring_twice_is_restoring_once() -> None:
    """Without a record there is nothing to undo."""
    assert given_back(PLAIN) is PLAIN
    assert given_back(SPLIT) is SPLIT


def test_a_stage_at_weight_0_is_recorded() -> None:
    """A share that falls to 0 keeps its run in the record."""
    route = current(at(at(PLAIN, a_weight(25)), a_weight(0, Purpose.RELEASE)), a_split())
    assert isinstance(route, Route)
    assert route.record is not None
    assert route.share == 0
    assert route.record.purpose is Purpose.RELEASE
