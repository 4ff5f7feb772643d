"""Several rules of one HTTPRoute, split alike: one patch, one record, and each comes home as its owner wrote it."""

import copy
import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.api.matches import CanaryMatch
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import ANNOTATION
from canary_operator.providers.traffic.gateway_api.backends import weight
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.patch import operations
from canary_operator.providers.traffic.gateway_api.record import Entry
from canary_operator.providers.traffic.gateway_api.routes import Asked
from canary_operator.providers.traffic.managed import Managed, owner_of
from canary_operator.providers.traffic.partly import Partly
from tests.providers.traffic.gateway_api.shapes import a_backend, a_route, a_rule, a_split, at, given_back, weights_of
from tests.providers.traffic.gateway_api.strategies import (
    TESTERS,
    choosing_orders,
    keeping_orders,
    orders,
    several_http_routes,
)
from tests.providers.traffic.istio.shapes import a_weight, rolled_back
from tests.providers.traffic.istio.strategies import mirroring_orders, unhurried

Case = tuple[Any, Asked]
a_run = st.lists(orders | choosing_orders(), min_size=1, max_size=4)
BOTH = a_split("primary", more=["admin"])
PLAIN = a_route(
    a_rule(a_backend("checkout", 1), name="admin", matches=[{"path": {"type": "PathPrefix", "value": "/admin"}}]),
    a_rule(a_backend("website", 1), name="web", matches=[{"path": {"type": "PathPrefix", "value": "/web"}}]),
    a_rule(a_backend("checkout", 80), a_backend("legacy", 20), name="primary"),
)


def edited(live: Object, change: Any) -> Any:
    """`change` gets the list of rules."""
    found = copy.deepcopy(dict(live))
    change(found["spec"]["rules"])
    return found


def named(live: Object, name: str) -> int:
    return next(place for place, rule in enumerate(live["spec"]["rules"]) if rule.get("name") == name)


def seen(live: Object, asked: Asked = BOTH) -> Route:
    found = current(live, asked)
    assert isinstance(found, Route), found
    return found


def recorded(live: Object) -> Any:
    return json.loads(live["metadata"]["annotations"][ANNOTATION])["shop/checkout"]


def foreign_shares(live: Object) -> list[list[Fraction]]:
    """Of each rule of the user's; stable and canary are one."""
    every = []
    for rule in live["spec"]["rules"]:
        if owner_of(rule) is None:
            total = sum(weight(each) for each in rule["backendRefs"])
            ours = [{}, {"kind": "Service", "group": ""}]
            theirs = [
                each
                for each in rule["backendRefs"]
                if each["name"] not in {"checkout", "checkout-canary"}
                or {key: each[key] for key in ("kind", "group", "namespace") if key in each} not in ours
            ]
            every.append([Fraction(weight(each), total or 1) for each in theirs])
    return every


@unhurried
@given(asked=several_http_routes(), steps=a_run)
def test_restore_undoes_any_run(asked: Case, steps: list[SetWeight]) -> None:
    """From every step of it, and each patch gives exactly the object that was meant."""
    before, wanted = asked
    live: Object = before
    for order in steps:
        if isinstance(desired(live, wanted, order), Problem):
            continue
        after = json.loads(json.dumps(at(live, order, wanted)))
        assert jsonpatch.apply_patch(live, operations(live, after)) == after
        assert at(after, order, wanted) == after
        assert foreign_shares(after) == foreign_shares(before)
        assert {one.share for one in seen(after, wanted).each} == {order.weight}
        assert seen(after, wanted).is_at(order.weight)
        back = given_back(after, wanted)
        assert back == before
        assert jsonpatch.apply_patch(after, operations(after, back)) == before
        live = after


@unhurried
@given(asked=several_http_routes(), steps=st.lists(choosing_orders(), min_size=1, max_size=3))
def test_names_of_what_is_inserted_are_unique(asked: Case, steps: list[SetWeight]) -> None:
    """The API takes a name once, and all of them are known to be ours."""
    live: Object = asked[0]
    for order in steps:
        if isinstance(desired(live, asked[1], order), Problem):
            continue
        live = at(live, order, asked[1])
        ours = [rule["name"] for rule in live["spec"]["rules"] if owner_of(rule) == "checkout"]
        inserted = len(order.matches) + (order.bucket is not None)
        assert len(ours) == len(set(ours)) == len(asked[1].rules) * inserted


@unhurried
@given(
    asked=several_http_routes(most_others=0),
    steps=st.lists(choosing_orders() | keeping_orders() | mirroring_orders(), min_size=1, max_size=3),
)
def test_whatever_stands_before_each_goes_away_again(asked: Case, steps: list[SetWeight]) -> None:
    """Testers, buckets, cookies and copies, in any order of them; a second edit changes nothing."""
    before, wanted = asked
    live: Object = before
    for order in steps:
        if isinstance(desired(live, wanted, order), Problem):
            continue
        live = json.loads(json.dumps(at(live, order, wanted)))
        assert at(live, order, wanted) == live
        assert all((one.share, one.lost) == (order.weight, ()) for one in seen(live, wanted).each)
        assert given_back(live, wanted) == before
    fallen = at(live, rolled_back(), wanted)
    assert not [rule for rule in fallen["spec"]["rules"] if owner_of(rule)]
    assert given_back(fallen, wanted) == before


def test_one_rule_is_recorded_as_ever() -> None:
    """A version that knew of one rule only reads it, and what it wrote is read."""
    live = at(PLAIN, a_weight(5), a_split("primary"))
    assert set(recorded(live)) == {"run", "stage", "weight", "purpose", "rule", "stable", "canary"}


def test_each_rule_keeps_its_own_originals() -> None:
    """In one record, in the order in which they are asked for."""
    entry = Entry.model_validate(recorded(at(PLAIN, a_weight(5), BOTH)))
    assert [(kept.rule, kept.stable.weight, kept.place) for kept in entry.kept] == [("primary", 80, 0), ("admin", 1, 1)]


@pytest.mark.parametrize("old", ["primary", "admin"])
def test_one_renamed_rule_is_known_by_what_the_others_are_not(old: str) -> None:
    """It holds both Services, and no other recorded name means it."""
    live = at(PLAIN, a_weight(5), BOTH)
    renamed = edited(live, lambda rules: rules[named(live, old)].update(name="new"))
    raised = at(renamed, a_weight(25), BOTH)
    assert {one.share for one in seen(raised).each} == {Fraction(1, 4)}
    assert given_back(raised, BOTH) == edited(PLAIN, lambda rules: rules[named(PLAIN, old)].update(name="new"))


def test_somebody_who_pulls_one_rule_is_told_by_its_name() -> None:
    """The others are as they were."""

    def pull(rules: Any) -> None:
        rules[named(live, "admin")]["backendRefs"] = [a_backend("checkout", 100), a_backend("checkout-canary", 0)]

    live = at(PLAIN, a_weight(5), BOTH)
    strays = seen(edited(live, pull)).strays(Fraction(1, 20))
    assert [one.name for one in strays] == ["rule admin of HTTPRoute shop/checkout"]


def test_a_rule_that_cannot_be_emptied_keeps_no_other_from_it() -> None:
    """What can be taken back is taken back in the one patch, and the rest is said."""
    live = at(PLAIN, a_weight(5, matches=TESTERS[:1]), BOTH)
    place = named(live, "admin")
    live = edited(live, lambda rules: rules[place].update(backendRefs=[a_backend("checkout-canary", 5)]))
    after = desired(live, BOTH, rolled_back())
    assert isinstance(after, Partly)
    assert [one.reason for one in after.problems] == [reasons.DESTINATION_NOT_FOUND]
    assert weights_of(after.object, named(after.object, "primary"))["checkout-canary"] == 0
    assert not any(owner_of(rule) for rule in after.object["spec"]["rules"])
    said = seen(after.object)
    assert said.record is not None
    assert (said.record.purpose, said.record.weight) == (Purpose.ROLL_BACK, Fraction(0))
    assert [type(fault) for fault in said.faults] == [Problem]


def test_a_rule_that_cannot_take_a_raise_keeps_all_others_from_it() -> None:
    """Otherwise they would not be split alike."""
    live = edited(PLAIN, lambda rules: rules[0].update(backendRefs=[a_backend("website")]))
    found = desired(live, BOTH, a_weight(5))
    assert isinstance(found, Problem)
    assert found.reason == reasons.DESTINATION_NOT_FOUND
    assert "rule admin of HTTPRoute shop/checkout" in found.message


def test_a_rule_that_its_owner_took_away_keeps_no_other_from_coming_home() -> None:
    """The weights of what is left are given back, and the record goes."""
    live = at(PLAIN, a_weight(5), BOTH)
    shorter = edited(live, lambda rules: rules.pop(named(live, "admin")))
    emptied = at(shorter, rolled_back(), BOTH)
    assert weights_of(emptied, 1)["checkout-canary"] == 0
    assert given_back(emptied, BOTH) == edited(PLAIN, lambda rules: rules.pop(0))


def test_a_problem_names_the_item_of_the_spec() -> None:
    """Which HTTPRoute of the rollout, and which of its rules."""
    found = current(PLAIN, replace(a_split("primary", more=["admn"]), at=2))
    assert isinstance(found, Route)
    (fault,) = found.faults
    assert isinstance(fault, Problem)
    assert fault.message == (
        "HTTPRoute shop/checkout has no rule named admn (there are: admin, web, primary); "
        "correct httpRoutes[2].rules[1]"
    )


def test_a_rule_that_another_rollout_holds_beside_its_first_is_taken() -> None:
    """All rules of its entry are its own."""
    found = current(at(PLAIN, a_weight(5), BOTH), a_split("admin", rollout="shop/other"))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_TAKEN
    assert "rule admin of HTTPRoute shop/checkout: CanaryRollout shop/checkout splits it" in found.message


def test_a_rollback_leaves_a_rule_of_another_rollout_alone() -> None:
    """It is theirs, whatever the spec of this one asks for; what is its own is emptied all the same."""
    theirs = at(PLAIN, a_weight(25), a_split("admin", rollout="shop/other"))
    pulled = edited(
        theirs, lambda rules: rules[2].update(backendRefs=[a_backend("checkout"), a_backend("checkout-canary")])
    )
    after = at(pulled, rolled_back(), BOTH)
    assert weights_of(after, 0) == {"checkout": 75, "checkout-canary": 25}
    assert weights_of(after, 2) == {"checkout": 2, "checkout-canary": 0}


def test_what_cannot_be_inserted_before_one_of_them_is_a_problem_before_the_run() -> None:
    """It names the rule."""
    live = edited(PLAIN, lambda rules: rules[0]["matches"][0].update(method="GET"))
    found = current(live, replace(BOTH, managed=Managed(matches=(CanaryMatch(method="PUT"),))))
    assert isinstance(found, Route)
    assert ["rule admin of HTTPRoute" in str(fault) for fault in found.faults] == [True]


def test_the_room_in_the_object_is_for_the_rules_before_all_of_them() -> None:
    """Each alone would fit: 13 rules, and two of ours before each of two are one too many."""
    paths = [{"path": {"type": "Exact", "value": f"/{number}"}} for number in range(10)]
    fillers = [a_rule(a_backend("website"), name=f"page-{at}", matches=[path]) for at, path in enumerate(paths)]
    live = edited(PLAIN, lambda rules: rules.extend(fillers))
    alone, both = (replace(one, managed=Managed(matches=TESTERS[:2])) for one in (a_split("primary"), BOTH))
    assert isinstance(current(live, alone), Route)
    found = current(live, both)
    assert isinstance(found, Problem)
    assert "HTTPRoute shop/checkout needs 4 rules of ours, and the API takes 16 rules" in found.message
    assert "or leave some out: each of canaryMatches needs one" in found.message
    assert desired(live, BOTH, a_weight(5, matches=TESTERS[:2])) == found


def test_a_record_of_more_rules_than_are_asked_for_is_given_back_whole() -> None:
    """Whatever the spec says by now."""
    live = at(PLAIN, a_weight(5), BOTH)
    assert given_back(at(live, rolled_back(), a_split("primary")), a_split("primary")) == PLAIN
