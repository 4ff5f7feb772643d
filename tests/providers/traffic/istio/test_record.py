import json
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose
from canary_operator.core.world import Problem, Route, RouteRecord
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
    given_back,
)

PLAIN = a_virtual_service(a_rule(a_destination("checkout"), name="primary"))
OTHER = "shop/cart"


def recorded(live: Object) -> Any:
    return json.loads(live["metadata"]["annotations"][ANNOTATION])


def annotated(value: str) -> dict[str, Any]:
    return a_virtual_service(a_rule(a_destination("checkout"), name="primary"), annotations={ANNOTATION: value})


def damaged(**changes: Any) -> Object:
    live = at(PLAIN, a_weight(5))
    entry = {key: value for key, value in {**recorded(live)["shop/checkout"], **changes}.items() if value is not None}
    return annotated(json.dumps({"shop/checkout": entry}))


def test_the_entry_says_what_was_done_and_what_was_there() -> None:
    """Run, stage, weight and purpose, the rule, and both destinations before the first edit."""
    assert recorded(at(PLAIN, a_weight("0.5", stage=2))) == {
        "shop/checkout": {
            "run": "abc-1",
            "stage": 2,
            "weight": "0.5%",
            "purpose": "Stage",
            "route": "primary",
            "stable": {"host": "checkout.shop.svc.cluster.local"},
            "canary": {"host": "checkout-canary.shop.svc.cluster.local", "added": True},
        }
    }


def test_the_record_comes_out_as_it_went_in() -> None:
    """A look returns run, stage, weight and purpose of the last write."""
    live = at(at(PLAIN, a_weight(5)), a_weight(0, Purpose.ROLL_BACK, run="abc-1", stage=3))
    assert current(live, a_split()) == Route(Fraction(0), RouteRecord("abc-1", 3, Fraction(0), Purpose.ROLL_BACK))


def test_the_originals_are_those_of_the_first_edit() -> None:
    """Later weights never become the original ones."""
    live = at(at(PLAIN, a_weight(5)), a_weight(50))
    assert recorded(live)["shop/checkout"]["stable"] == {"host": "checkout.shop.svc.cluster.local"}


def test_a_canary_with_traffic_is_recorded_as_one_without() -> None:
    """Its weight counts as stable's, because a restore must not send traffic to pods that are gone."""
    live = a_virtual_service(a_rule(a_destination("checkout", 90), a_destination("checkout-canary", 10)))
    entry = recorded(at(live, a_weight(25)))["shop/checkout"]
    assert (entry["stable"]["weight"], entry["canary"]["weight"]) == (100, 0)


def test_entries_of_other_rollouts_stay() -> None:
    """The annotation is shared, and each rollout touches its own entry only, also in restore."""
    cart = {"route": "cart", "from": "a later version"}
    live = at(annotated(json.dumps({OTHER: cart})), a_weight(5))
    assert recorded(live)[OTHER] == cart
    assert recorded(given_back(live)) == {OTHER: cart}


def test_unknown_fields_of_our_entry_stay() -> None:
    """A later version's notes survive a write of this version."""
    assert recorded(at(damaged(mirror={"host": "x"}), a_weight(25)))["shop/checkout"]["mirror"] == {"host": "x"}


def test_a_route_of_another_rollout_is_taken() -> None:
    """The problem names the other rollout and how to get rid of a forgotten entry."""
    found = current(annotated(json.dumps({OTHER: {"route": "primary"}})), a_split("primary"))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_TAKEN
    assert OTHER in found.message


@pytest.mark.parametrize("value", ["", "{}", json.dumps({OTHER: {"route": "cart"}}), json.dumps({OTHER: 7})])
def test_an_annotation_without_our_entry_is_no_record(value: str) -> None:
    """Empty, or about other routes only."""
    assert current(annotated(value), a_split()) == Route(Fraction(0), None)


@pytest.mark.parametrize(
    "live",
    [
        annotated("{"),
        annotated("[]"),
        annotated('{"shop/checkout": 5}'),
        damaged(run=None),
        damaged(weight="much"),
        damaged(weight="101%"),
        damaged(purpose="Fun"),
        damaged(stable={"host": "checkout", "weight": -1}),
        damaged(stable={"host": "checkout", "weight": 2**31}),
        damaged(canary=None),
    ],
)
def test_a_damaged_record_is_a_problem_that_says_how_to_repair_it(live: Object) -> None:
    """A look returns it, a raise refuses, and both name the annotation."""
    for found in (current(live, a_split()), desired(live, a_split(), a_weight(5))):
        assert isinstance(found, Problem)
        assert found.reason == reasons.ROUTE_RECORD_UNREADABLE
        assert ANNOTATION in found.message
        assert "remove the annotation" in found.message
