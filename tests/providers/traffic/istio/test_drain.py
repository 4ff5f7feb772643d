import copy
import json
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import ANNOTATION
from canary_operator.providers.traffic.istio.edit import current, desired
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_split,
    a_virtual_service,
    a_weight,
    at,
    rolled_back,
    route_of,
    weights_of,
)

STABLE, LEGACY = a_destination("checkout", 90), a_destination("legacy", 10)
PLAIN = a_virtual_service(a_rule(a_destination("checkout"), name="primary"))
FULL = at(PLAIN, a_weight(25))


def edited(live: Object, change: Any) -> Any:
    """A copy after somebody's edit."""
    found = copy.deepcopy(dict(live))
    change(found)
    return found


def without_record(live: Object) -> Any:
    return edited(live, lambda found: found["metadata"].pop("annotations"))


def test_the_canarys_weight_moves_to_stable_and_nothing_else_is_touched() -> None:
    """Others keep their numbers too, so that fewer writers can be in the way."""
    live = at(a_virtual_service(a_rule(STABLE, LEGACY)), a_weight(25))
    assert weights_of(live) == {"checkout": 27, "legacy": 4, "checkout-canary": 9}
    assert weights_of(at(live, rolled_back())) == {"checkout": 36, "legacy": 4, "checkout-canary": 0}


def test_a_rollback_stands_in_the_record() -> None:
    """So that a crash right after it is understood as an unfinished rollback."""
    route = current(at(FULL, rolled_back()), a_split())
    assert isinstance(route, Route)
    assert route.record is not None
    assert route.share == 0
    assert route.record.purpose is Purpose.ROLL_BACK


def test_a_rollback_after_somebody_pulled_the_traffic_is_noted() -> None:
    """The weights are right already; the record learns that it was a rollback."""
    live = edited(FULL, lambda found: route_of(found)[1].update(weight=0))
    after = at(live, rolled_back())
    assert after["spec"] == live["spec"]
    assert "RollBack" in after["metadata"]["annotations"][ANNOTATION]


def test_a_rollback_needs_no_record() -> None:
    """Somebody removed our annotation in mid-run: weight 0 is reached, and noted."""
    after = at(without_record(FULL), rolled_back())
    assert weights_of(after) == {"checkout": 100, "checkout-canary": 0}
    assert json.loads(after["metadata"]["annotations"][ANNOTATION])["shop/checkout"]["purpose"] == "RollBack"


@pytest.mark.parametrize("purpose", [Purpose.ROLL_BACK, Purpose.RELEASE])
def test_without_record_and_traffic_there_is_nothing_to_write(purpose: Purpose) -> None:
    """Share 0 is share 0."""
    assert at(PLAIN, a_weight(0, purpose)) is PLAIN


def test_a_canary_destination_that_was_removed_is_not_put_back_for_weight_0() -> None:
    """Only the record changes."""
    live = edited(FULL, lambda found: route_of(found).pop())
    assert weights_of(at(live, rolled_back())) == {"checkout": 75}


@pytest.mark.parametrize("value", ["{", '{"shop/checkout": 5}'])
def test_an_unreadable_record_does_not_stop_a_rollback(value: str) -> None:
    """The weight is 0, and the annotation is left for a person to repair."""
    live = edited(FULL, lambda found: found["metadata"]["annotations"].update({ANNOTATION: value}))
    after = at(live, rolled_back())
    assert weights_of(after) == {"checkout": 100, "checkout-canary": 0}
    assert after["metadata"] == live["metadata"]


@pytest.mark.parametrize("recorded", [True, False])
def test_every_copy_of_the_canary_is_emptied(recorded: bool) -> None:
    """Duplicates and subsets, which we would never split, still lose their traffic to stable."""
    more = [a_destination("checkout-canary.shop.svc.cluster.local", 7), a_destination("checkout", 1)]
    subset: Any = {"destination": {"host": "checkout-canary", "subset": "v2"}, "weight": 3}
    live = edited(FULL if recorded else without_record(FULL), lambda found: route_of(found).extend([*more, subset]))
    after = at(live, rolled_back())
    assert [each["weight"] for each in route_of(after)] == [75 + 25 + 7 + 3, 0, 0, 1, 0]


def test_a_rule_without_a_name_is_known_by_our_hosts() -> None:
    """Somebody added rules beside ours in mid-run: the one that holds both hosts is ours."""
    live = at(a_virtual_service(a_rule(a_destination("checkout"))), a_weight(25))
    live = edited(live, lambda found: found["spec"]["http"].insert(0, a_rule(STABLE, LEGACY)))
    assert weights_of(at(live, rolled_back()), 1) == {"checkout": 100, "checkout-canary": 0}


@pytest.mark.parametrize(
    "http",
    [
        [],
        [a_rule(a_destination("cart"), name="other")],
        [{"name": "primary", "redirect": {"uri": "/"}}],
        [a_rule(a_destination("cart"), name="primary")],
        [a_rule(a_destination("checkout-canary"), name="dark-launch")],
    ],
)
def test_a_rule_that_is_gone_sends_nothing_to_the_canary(http: Any) -> None:
    """Its owner removed or replaced it, so there is no traffic to take."""
    live = edited(FULL, lambda found: found["spec"].update(http=http))
    assert at(live, rolled_back(), a_split("primary"))["spec"] == live["spec"]


@pytest.mark.parametrize(
    "route",
    [
        [a_destination("checkout-canary", 25)],
        [a_destination("checkout-canary")],
        [a_destination("checkout-canary", 25), a_destination("legacy", 1)],
    ],
)
def test_without_stable_there_is_nowhere_to_go(route: Any) -> None:
    """Only a person knows what the remaining traffic should do; a single destination gets it without any weight."""
    live = edited(FULL, lambda found: found["spec"]["http"][0].update(route=route))
    found = desired(live, a_split(), rolled_back())
    assert isinstance(found, Problem)
    assert found.reason == reasons.DESTINATION_NOT_FOUND


def test_several_rules_that_could_be_ours_are_told() -> None:
    """Traffic goes to the canary and we can't know by which rule we sent it."""
    twice = edited(FULL, lambda found: found["spec"]["http"].append(found["spec"]["http"][0]))
    found = desired(twice, a_split("primary"), rolled_back())
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_AMBIGUOUS


def test_a_route_of_another_rollout_is_left_alone() -> None:
    """A rollback finds nothing of its own there; a stage is told."""
    theirs = json.dumps({"shop/cart": {"route": "primary"}})
    half = a_rule(a_destination("checkout", 1), a_destination("checkout-canary", 1), name="primary")
    live = a_virtual_service(half, annotations={ANNOTATION: theirs})
    assert at(live, rolled_back()) is live
    found = desired(live, a_split(), a_weight(0))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_TAKEN


def test_a_stage_at_weight_0_is_recorded() -> None:
    """A run may begin at 0 %: nothing moves, and the route says whose it is."""
    after = at(PLAIN, a_weight(0))
    assert after["spec"] == PLAIN["spec"]
    route = current(after, a_split())
    assert isinstance(route, Route)
    assert route.record is not None


def test_a_stage_at_weight_0_needs_a_rule() -> None:
    """Unlike a rollback, it is refused where nothing can be split."""
    assert isinstance(desired(a_virtual_service(), a_split(), a_weight(0)), Problem)
