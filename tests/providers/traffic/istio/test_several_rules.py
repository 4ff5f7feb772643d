"""Several rules of one object, split alike: one patch, one record, and each comes home as its owner wrote it."""

import copy
import json
from fractions import Fraction
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.api.routes import TcpRoute
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import resolved
from canary_operator.providers.traffic.istio.edit import current, desired
from canary_operator.providers.traffic.istio.patch import operations
from canary_operator.providers.traffic.istio.record import Entry
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.managed import Managed, owner_of
from canary_operator.providers.traffic.partly import Partly
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_split,
    a_virtual_service,
    a_weight,
    at,
    given_back,
    rolled_back,
    weights_of,
)
from tests.providers.traffic.istio.strategies import MATCHES, any_orders, several_services, unhurried

Case = tuple[Any, Asked]
a_run = st.lists(any_orders, min_size=1, max_size=4)
BOTH = a_split("primary", more=["admin"])
PLAIN = a_virtual_service(
    a_rule(a_destination("checkout"), name="admin", match=[{"uri": {"prefix": "/admin"}}]),
    a_rule(a_destination("website"), name="web", match=[{"uri": {"prefix": "/web"}}]),
    a_rule(a_destination("checkout", 80), a_destination("legacy", 20), name="primary"),
)
OURS = {"checkout.shop.svc.cluster.local", "checkout-canary.shop.svc.cluster.local"}


def edited(live: Object, change: Any) -> Any:
    """`change` gets the list of http rules."""
    found = copy.deepcopy(dict(live))
    change(found["spec"]["http"])
    return found


def named(live: Object, name: str) -> int:
    return next(place for place, rule in enumerate(live["spec"]["http"]) if rule.get("name") == name)


def seen(live: Object, asked: Asked = BOTH) -> Route:
    found = current(live, asked)
    assert isinstance(found, Route), found
    return found


def foreign_shares(live: Object) -> list[list[Fraction]]:
    """Of each rule of the user's."""
    every = []
    for rule in live["spec"]["http"]:
        if owner_of(rule) is None:
            route = rule["route"]
            total = sum(each.get("weight") or 0 for each in route) if len(route) > 1 else 1
            theirs = [each for each in route if resolved(each["destination"]["host"], "shop") not in OURS]
            every.append([Fraction(each.get("weight") or 0, total or 1) for each in theirs])
    return every


@unhurried
@given(asked=several_services(), steps=a_run)
def test_restore_undoes_any_run(asked: Case, steps: list[SetWeight]) -> None:
    """From every step of it, and each patch gives exactly the object that was meant."""
    before, wanted = asked
    live: Object = before
    for order in steps:
        after = json.loads(json.dumps(at(live, order, wanted)))
        assert jsonpatch.apply_patch(live, operations(live, after)) == after
        assert at(after, order, wanted) == after
        assert given_back(after, wanted) == before
        live = after
    assert jsonpatch.apply_patch(live, operations(live, given_back(live, wanted))) == before


@unhurried
@given(asked=several_services(), steps=a_run)
def test_every_rule_has_the_share_and_every_stranger_keeps_its_own(asked: Case, steps: list[SetWeight]) -> None:
    """All are alike, and the one record says what they have."""
    before, wanted = asked
    live = at(before, a_weight(5), wanted)
    for order in steps:
        live = at(live, order, wanted)
    route = seen(live, wanted)
    assert {one.share for one in route.each} == {steps[-1].weight}
    assert len(route.each) == len(wanted.routes)
    assert route.lost == ()
    assert route.record is not None
    assert route.record.weight == steps[-1].weight
    if steps[-1].bucket is None and not steps[-1].matches and steps[-1].copies is None:
        assert foreign_shares(live) == foreign_shares(before)


@unhurried
@given(asked=several_services(), steps=a_run)
def test_the_names_of_what_is_inserted_are_unique(asked: Case, steps: list[SetWeight]) -> None:
    """Istio takes a name once, and all of them are known to be ours."""
    live: Object = asked[0]
    for order in steps:
        live = at(live, order, asked[1])
        ours = [rule["name"] for rule in live["spec"]["http"] if owner_of(rule) == "checkout"]
        inserted = len(order.matches) + (order.bucket is not None) + (order.copies is not None)
        assert len(ours) == len(set(ours)) == len(asked[1].routes) * inserted


def test_one_rule_is_recorded_as_ever() -> None:
    """A version that knew of one rule only reads it, and what it wrote is read."""
    entry = json.loads(
        at(PLAIN, a_weight(5), a_split("primary"))["metadata"]["annotations"]["canary-operator.dev/route"]
    )
    assert set(entry["shop/checkout"]) == {"run", "stage", "weight", "purpose", "route", "stable", "canary"}


def test_each_rule_keeps_its_own_originals() -> None:
    """In one record, in the order in which they are asked for."""
    live = at(PLAIN, a_weight(5), BOTH)
    entry = Entry.model_validate(
        json.loads(live["metadata"]["annotations"]["canary-operator.dev/route"])["shop/checkout"]
    )
    assert [(kept.route, kept.stable.weight, kept.place) for kept in entry.kept] == [
        ("primary", 80, 0),
        ("admin", None, 1),
    ]


@pytest.mark.parametrize("old", ["primary", "admin"])
def test_one_renamed_rule_is_known_by_what_the_others_are_not(old: str) -> None:
    """It holds both hosts, and no other recorded name means it."""
    live = at(PLAIN, a_weight(5), BOTH)
    renamed = edited(live, lambda rules: rules[named(live, old)].update(name="new"))
    raised = at(renamed, a_weight(25), BOTH)
    assert {one.share for one in seen(raised).each} == {Fraction(1, 4)}
    assert given_back(raised, BOTH) == edited(PLAIN, lambda rules: rules[named(PLAIN, old)].update(name="new"))


def test_somebody_who_pulls_one_rule_is_told_by_its_name() -> None:
    """The others are as they were."""

    def pull(rules: Any) -> None:
        rules[named(live, "admin")]["route"] = [a_destination("checkout", 100), a_destination("checkout-canary", 0)]

    live = at(PLAIN, a_weight(5), BOTH)
    strays = seen(edited(live, pull)).strays(Fraction(1, 20))
    assert [one.name for one in strays] == ["http route admin of VirtualService shop/checkout"]


def _stable_gone(live: Object) -> Any:
    """Of `admin` only the canary is left, with weight."""
    return edited(live, lambda rules: rules[named(live, "admin")].update(route=[a_destination("checkout-canary", 5)]))


def test_a_rule_that_cannot_be_emptied_keeps_no_other_from_it() -> None:
    """What can be taken back is taken back in the one patch, and the rest is said."""
    live = _stable_gone(at(PLAIN, a_weight(5, matches=MATCHES[:1]), BOTH))
    after = desired(live, BOTH, rolled_back())
    assert isinstance(after, Partly)
    assert [one.reason for one in after.problems] == [reasons.DESTINATION_NOT_FOUND]
    assert weights_of(after.object, named(after.object, "primary"))["checkout-canary"] == 0
    assert not any(owner_of(rule) for rule in after.object["spec"]["http"])
    said = seen(after.object)
    assert said.record is not None
    assert (said.record.purpose, said.record.weight) == (Purpose.ROLL_BACK, Fraction(0))
    assert [type(fault) for fault in said.faults] == [Problem]


def test_a_rule_that_cannot_take_a_raise_keeps_all_others_from_it() -> None:
    """Otherwise they would not be split alike."""
    live = edited(PLAIN, lambda rules: rules[0].update(route=[a_destination("website")]))
    found = desired(live, BOTH, a_weight(5))
    assert isinstance(found, Problem)
    assert found.reason == reasons.DESTINATION_NOT_FOUND
    assert "http route admin of VirtualService shop/checkout" in found.message


def test_a_rule_that_its_owner_took_away_keeps_no_other_from_coming_home() -> None:
    """The weights of what is left are given back, and the record goes."""
    live = at(PLAIN, a_weight(5), BOTH)
    shorter = edited(live, lambda rules: rules.pop(named(live, "admin")))
    emptied = at(shorter, rolled_back(), BOTH)
    assert weights_of(emptied, 1)["checkout-canary"] == 0
    assert given_back(emptied, BOTH) == edited(PLAIN, lambda rules: rules.pop(0))


def test_a_problem_names_the_item_of_the_spec() -> None:
    """Which VirtualService of the rollout, and which of its routes."""
    asked = Asked(BOTH.rollout, a_split("primary", more=["admn"]).routes, BOTH.stable, BOTH.canary, at=2)
    found = current(PLAIN, asked)
    assert isinstance(found, Route)
    (fault,) = found.faults
    assert isinstance(fault, Problem)
    assert fault.message == (
        "VirtualService shop/checkout has no http route named admn (there are: admin, web, primary); "
        "correct virtualServices[2].routes[1]"
    )


def test_two_items_that_mean_one_rule_are_a_problem() -> None:
    """Its owner would get it back once only."""
    live = a_virtual_service(tcp=[a_rule(a_destination("checkout"), match=[{"port": 9000}, {"port": 9001}])])
    asked = a_split(TcpRoute(port=9000), more=[TcpRoute(port=9001)])
    found = desired(live, asked, a_weight(5))
    assert isinstance(found, Problem)
    assert "is meant by virtualServices[0].tcpRoutes[1] and by another item before it" in found.message


def test_a_rule_that_another_rollout_holds_beside_its_first_is_taken() -> None:
    """All rules of its entry are its own."""
    live = at(PLAIN, a_weight(5), BOTH)
    found = current(live, a_split("admin", rollout="shop/other"))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_TAKEN
    assert "http route admin of VirtualService shop/checkout: CanaryRollout shop/checkout splits it" in found.message


def test_what_cannot_be_inserted_before_one_of_them_is_a_problem_before_the_run() -> None:
    """It names the rule."""
    asked = Asked(BOTH.rollout, BOTH.routes, BOTH.stable, BOTH.canary, Managed(matches=MATCHES[:1]))
    live = edited(PLAIN, lambda rules: rules[0]["match"][0].update(headers={"x-canary": {"exact": "2"}}))
    found = current(live, asked)
    assert isinstance(found, Route)
    assert ["http route admin" in str(fault) for fault in found.faults] == [True]


def test_a_record_of_more_rules_than_are_asked_for_is_given_back_whole() -> None:
    """Whatever the spec says by now."""
    live = at(PLAIN, a_weight(5), BOTH)
    assert restored(at(live, rolled_back(), a_split("primary")), a_split("primary")) == PLAIN
