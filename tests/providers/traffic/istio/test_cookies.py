"""The cookies of a route: what is inserted for them, and a route without a trace of it afterwards."""

import copy
from dataclasses import replace
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
from canary_operator.providers.traffic.managed import Managed
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_split,
    a_stage,
    a_virtual_service,
    a_weight,
    as_sent,
    at,
    drawn,
    edited,
    given_back,
    names,
    percents,
    rolled_back,
    seen,
    weights_of,
)
from tests.providers.traffic.istio.strategies import keeping_orders, orders, unhurried, virtual_services

Case = tuple[Any, Asked]
STABLE, CANARY = "checkout", "checkout-canary"
PLAIN = a_virtual_service(a_rule(a_destination(STABLE), name="primary", timeout="5s"))
SPLIT = a_split("primary")
alone = virtual_services(most_others=0)
a_run = st.lists(keeping_orders() | orders, min_size=1, max_size=4)
FIRST, KEPT = "canary-operator-cookie-1-checkout", "canary-operator-cookie-canary-checkout"


@unhurried
@given(asked=alone, steps=a_run)
def test_a_run_gives_back_what_it_got(asked: Case, steps: list[SetWeight]) -> None:
    """Restore after edits is the identity, an edit of the edited changes nothing, and each patch says exactly that."""
    before, split = asked
    live: Object = as_sent(before)
    for order in steps:
        after = as_sent(at(live, order, split))
        assert jsonpatch.apply_patch(live, operations(live, after)) == after
        assert at(after, order, split) == after
        assert given_back(after, split) == before
        live = after
    assert jsonpatch.apply_patch(live, operations(live, given_back(live, split))) == before


@unhurried
@given(asked=alone, steps=a_run, order=keeping_orders())
def test_an_order_is_absolute(asked: Case, steps: list[SetWeight], order: SetWeight) -> None:
    """What is inserted and read does not depend on what was; and nothing is missed."""
    before, split = asked
    live: Object = before
    for step in steps:
        live = at(live, step, split)
    direct, late = at(before, order, split), at(live, order, split)
    assert names(direct) == names(late)
    assert seen(direct, split) == seen(late, split)
    assert (seen(late, split).share, seen(late, split).lost) == (order.weight, ())


@unhurried
@given(asked=alone, steps=a_run)
def test_a_rollback_leaves_no_cookie_in_the_same_patch(asked: Case, steps: list[SetWeight]) -> None:
    """Everybody has stable from its first moment on."""
    live, split = asked
    for order in steps:
        live = as_sent(at(live, order, split))
    fallen = at(live, rolled_back(), split)
    assert "canary-operator." not in str(fallen["spec"])
    assert not seen(fallen, split).feeds


def test_a_reversed_rollback_leaves_no_cookie_either() -> None:
    """All traffic back to the canary's pods."""
    live = at(PLAIN, a_stage(percents(5, 20), 2, swapped=True), SPLIT)
    after = at(live, a_weight(100, Purpose.ROLL_BACK), SPLIT)
    assert names(after) == ["primary"]
    assert weights_of(after) == {STABLE: 0, CANARY: 100}
    assert "headers" not in str(after["spec"])


def test_two_rules_have_rules_of_their_own_and_one_cookie() -> None:
    """Whoever was drawn on one way keeps the version on the other; each rule comes back as its owner wrote it."""
    both = a_virtual_service(
        a_rule(a_destination(STABLE), name="primary"),
        a_rule(a_destination(STABLE, headers={"response": {}}), name="admin", match=[{"uri": {"prefix": "/admin"}}]),
    )
    asked = a_split("primary", more=["admin"])
    live = at(at(both, a_stage(percents(5, 20), 1), asked), a_stage(percents(5, 20), 2), asked)
    ours = [name for name in names(live) if name not in {"primary", "admin"}]
    assert len(ours) == len(set(ours)) == 6
    assert sum(name.endswith(".2-checkout") for name in ours) == 3
    added = {
        each["headers"]["response"]["add"]["set-cookie"]
        for rule in ("primary", "admin")
        for each in route_named(live, rule)
    }
    assert len(added) == 2, "one of each version, whatever the rule"
    assert seen(live, asked).lost == ()
    assert given_back(live, asked) == both


def route_named(live: Object, name: str) -> list[Any]:
    return next(list(rule["route"]) for rule in live["spec"]["http"] if rule.get("name") == name)


def test_its_owners_cookies_stay() -> None:
    """Ours is added beside what the rule adds, and other headers of the destinations are kept."""
    rule = a_rule(
        a_destination(STABLE, headers={"response": {"add": {"x-arm": "1"}, "remove": ["server"]}}),
        name="primary",
        headers={"response": {"add": {"set-cookie": "seen=1"}}},
    )
    live = at(a_virtual_service(rule), a_weight(5, cookies=drawn(5)), SPLIT)
    split = live["spec"]["http"][-1]
    assert split["headers"] == {"response": {"add": {"set-cookie": "seen=1"}}}
    for each in split["route"]:
        assert each["headers"]["response"]["remove"] == ["server"]
        assert each["headers"]["response"]["add"].keys() == {"x-arm", "set-cookie"}
        assert "%" not in each["headers"]["response"]["add"]["set-cookie"], "Envoy would read it as a command"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"headers": {"response": {"set": {"Set-Cookie": "a=1"}}}}, "headers.response.set"),
        ({"headers": {"response": {"remove": ["set-cookie"]}}}, "headers.response.remove"),
        (
            {"route": [a_destination(STABLE, headers={"response": {"add": {"set-cookie": "a=1"}}})]},
            "checkout: headers.response.add",
        ),
        (
            {"route": [a_destination(STABLE, headers={"response": {"set": {"set-cookie": "a=1"}}})]},
            "checkout: headers.response.set",
        ),
        ({"route": [a_destination(STABLE, 9), a_destination("legacy", 1)]}, "sends to legacy too"),
        ({"match": [{"headers": {"cookie": {"regex": "a"}}}]}, "tests the header cookie already, and traffic.stick"),
    ],
    ids=["set", "remove", "added", "set there", "a third version", "a cookie's test"],
)
def test_what_leaves_no_room_for_it_is_a_problem_before_anything_is_written(change: Any, says: str) -> None:
    """It names the route, what stands there, and the cure."""
    live = a_virtual_service(a_rule(a_destination(STABLE), name="primary") | change)
    asked = replace(SPLIT, managed=Managed(cookies=drawn(5)))
    for found in (current(live, asked), desired(live, asked, a_weight(5, cookies=drawn(5)))):
        assert isinstance(found, Problem)
        assert found.reason == reasons.ROUTE_UNSUPPORTED
        assert "http route primary" in found.message
        assert says in found.message


def test_a_third_version_that_came_in_mid_run_stops_no_way_home() -> None:
    """Nobody is drawn anew, and everything can be given back."""

    def shared(rules: Any) -> None:
        rules[-1]["route"].append(a_destination("legacy", 10))

    live = edited(at(PLAIN, a_weight(50, cookies=drawn(50)), SPLIT), shared)
    assert seen(live).lost == (KEPT, FIRST)
    assert isinstance(desired(live, SPLIT, a_weight(60, cookies=drawn(50, 60))), Problem)
    assert not isinstance(restored(live, SPLIT), Problem)
    assert names(at(live, rolled_back(), SPLIT)) == ["primary"]


def _without_cookie(rules: Any) -> None:
    del rules[-1]["route"][0]["headers"]


def _of_earlier_ones(rules: Any) -> None:
    del rules[1]["route"][0]["headers"]


def _not_kept(rules: Any) -> None:
    del rules[0]


def _drawn_otherwise(rules: Any) -> None:
    rules[1]["route"][0]["weight"] = 1


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        (_without_cookie, "set-cookie of http route primary"),
        (_of_earlier_ones, FIRST),
        (_drawn_otherwise, FIRST),
        (_not_kept, KEPT),
    ],
)
def test_what_somebody_took_or_changed_is_missed(change: Any, missed: str) -> None:
    """Users would be drawn again and again, and nobody would know."""
    live = edited(at(PLAIN, a_weight(20, stage=2, cookies=drawn(5, 20)), SPLIT), change)
    assert seen(live).lost == (missed,)
    assert names(given_back(live, SPLIT)) == ["primary"]


def test_a_cookie_of_its_owner_in_the_place_of_ours_is_missed() -> None:
    """Nothing of ours can do its work then; the next write says why."""

    def another(rules: Any) -> None:
        rules[-1]["route"][1]["headers"]["response"]["add"]["set-cookie"] = "mine=1"

    live = edited(at(PLAIN, a_weight(5, cookies=drawn(5)), SPLIT), another)
    assert seen(live).lost == (KEPT, FIRST)
    assert isinstance(desired(live, SPLIT, a_weight(5, cookies=drawn(5))), Problem)


def test_headers_of_its_owner_in_mid_run_stay() -> None:
    """Ours alone goes away."""

    def more(rules: Any) -> None:
        rules[-1]["route"][0]["headers"]["response"]["add"]["x-arm"] = "1"

    live = edited(at(PLAIN, a_weight(5, cookies=drawn(5)), SPLIT), more)
    assert seen(live).lost == ()
    after = at(live, a_weight(20, stage=2, cookies=drawn(5, 20)), SPLIT)
    headers = {"response": {"add": {"x-arm": "1"}}}
    assert given_back(after, SPLIT)["spec"]["http"][0]["route"] == [a_destination(STABLE, headers=headers)]


def test_a_copy_that_its_owner_made_of_the_rule_is_left_without_our_cookie() -> None:
    """It would go on keeping users for a run that is over."""

    def copied(rules: Any) -> None:
        rules.append(copy.deepcopy(rules[-1]) | {"name": "other"})

    live = edited(at(PLAIN, a_weight(5, cookies=drawn(5)), SPLIT), copied)
    assert "canary-operator." not in str(given_back(live, SPLIT)["spec"])


def test_a_damaged_record_is_named() -> None:
    """Nobody can be drawn once more of whom nobody was left."""
    live = copy.deepcopy(dict(at(PLAIN, a_weight(20, stage=2, cookies=drawn(5, 20)), SPLIT)))
    notes = live["metadata"]["annotations"]
    live["metadata"]["annotations"] = {name: text.replace('"5%"', '"100%"') for name, text in notes.items()}
    found = current(live, SPLIT)
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_RECORD_UNREADABLE
    assert "managed.cookies.earlier.0.weight" in found.message
    assert weights_of(at(live, rolled_back(), SPLIT)) == {STABLE: 100, CANARY: 0}


def test_the_longest_names_still_fit_into_an_expression() -> None:
    """Istio takes 1024 characters."""
    split = a_split("primary", rollout=f"{'n-' * 31}n/{'r.' * 126}r")
    live = at(PLAIN, a_weight(5, cookies=drawn(5, run="-" * 40)), split)
    texts = [rule["match"][0]["headers"]["cookie"]["regex"] for rule in live["spec"]["http"][:-1]]
    assert len(texts) == 2
    assert max(map(len, texts)) <= 1024
