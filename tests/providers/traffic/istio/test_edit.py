import copy
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api import reasons
from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import INT32, means, resolved
from canary_operator.providers.traffic.istio.edit import current, desired
from canary_operator.providers.traffic.istio.patch import operations
from canary_operator.providers.traffic.istio.routes import Asked
from canary_operator.providers.traffic.istio.selectors import HttpRoute, kind_of
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_split,
    a_virtual_service,
    a_weight,
    at,
    given_back,
    route_of,
    weights_of,
)
from tests.providers.traffic.istio.strategies import SELECTED, any_services, orders, unhurried

Case = tuple[Any, Asked]
a_run = st.lists(orders, min_size=1, max_size=4)
OURS = {"checkout.shop.svc.cluster.local", "checkout-canary.shop.svc.cluster.local"}


def run(live: Object, split: Asked, steps: list[SetWeight]) -> Object:
    for order in steps:
        live = at(live, order, split)
    return live


def selected(live: Object, split: Asked) -> Any:
    if isinstance(split.routes[0], HttpRoute):
        name = split.routes[0].name
        return next(rule for rule in live["spec"]["http"] if name is None or rule.get("name") == name)
    return next(rule for rule in live["spec"][kind_of(split.routes[0])] if SELECTED in rule)


def is_ours(destination: Any) -> bool:
    return resolved(destination["destination"]["host"], "shop") in OURS


def shares(live: Object, split: Asked) -> list[Fraction]:
    """Of everything, of each destination that is not ours."""
    route = selected(live, split)["route"]
    total = sum(each.get("weight") or 0 for each in route) if len(route) > 1 else 1
    assert 0 < total <= INT32
    return [Fraction(each.get("weight") or 0, total) for each in route if not is_ours(each)]


def without_weights(live: Object, split: Asked) -> Any:
    """All that is never ours to change."""
    bare = copy.deepcopy(dict(live))
    rule = selected(bare, split)
    rule["route"] = [
        {key: value for key, value in each.items() if key != "weight"}
        for each in rule["route"]
        if not means(each, "shop", split.canary)
    ]
    notes = bare["metadata"].pop("annotations", {})
    return bare, {key: value for key, value in notes.items() if key != "canary-operator.dev/route"}


@unhurried
@given(asked=any_services, steps=a_run)
def test_restore_undoes_any_run(asked: Case, steps: list[SetWeight]) -> None:
    """Whatever weights were written, the restored object is the one before."""
    before, split = asked
    assert given_back(run(before, split, steps), split) == before


@unhurried
@given(asked=any_services, steps=a_run)
def test_writing_a_weight_twice_is_writing_it_once(asked: Case, steps: list[SetWeight]) -> None:
    """The second time nothing changes, so nothing is written."""
    live = run(asked[0], asked[1], steps)
    assert at(live, steps[-1], asked[1]) == live


@unhurried
@given(asked=any_services, steps=a_run)
def test_shares_are_exact(asked: Case, steps: list[SetWeight]) -> None:
    """The canary gets its share of ours, every other destination keeps its share of everything."""
    before, split = asked
    live = run(before, split, steps)
    route = current(live, split)
    assert isinstance(route, Route)
    assert route.share == steps[-1].weight
    assert shares(live, split) == shares(before, split)


@unhurried
@given(asked=any_services, steps=a_run)
def test_nothing_but_weights_and_our_destination_changes(asked: Case, steps: list[SetWeight]) -> None:
    """Unknown fields, other rules, order, labels and annotations stay, and the live object is not edited."""
    before, split = asked
    kept = copy.deepcopy(before)
    assert without_weights(run(before, split, steps), split) == without_weights(before, split)
    assert before == kept


@unhurried
@given(asked=any_services, steps=a_run)
def test_every_patch_gives_exactly_the_desired_object(asked: Case, steps: list[SetWeight]) -> None:
    """Each step of a run and its restore, as the API server would apply them."""
    live, split = asked
    for order in steps:
        after = at(live, order, split)
        assert jsonpatch.apply_patch(live, operations(live, after)) == after
        live = after
    assert jsonpatch.apply_patch(live, operations(live, given_back(live, split))) == asked[0]


def _new_timeout(live: Any, split: Asked) -> None:
    selected(live, split)["timeout"] = "31s"


def _a_rule_before_ours(live: Any, split: Asked) -> None:
    match = [{"port": 7, "sniHosts": ["new.example.com"]}]
    live["spec"][kind_of(split.routes[0])].insert(0, a_rule(a_destination("checkout"), name="new", match=match))


def _stable_headers(live: Any, split: Asked) -> None:
    stable = next(each for each in selected(live, split)["route"] if "canary" not in each["destination"]["host"])
    stable["headers"] = {"response": {"remove": ["server"]}}


def _an_annotation(live: Any, _: Asked) -> None:
    live["metadata"]["annotations"] = (live["metadata"].get("annotations") or {}) | {"theirs": "1"}


def _a_label(live: Any, _: Asked) -> None:
    live["metadata"]["labels"] = {"team": "payments"}


EDITS: list[Callable[[Any, Asked], None]] = [
    _new_timeout,
    _a_rule_before_ours,
    _stable_headers,
    _an_annotation,
    _a_label,
]


@unhurried
@given(asked=any_services, steps=a_run, more=a_run, edits=st.lists(st.sampled_from(EDITS), unique=True))
def test_edits_of_the_user_in_mid_run_survive(
    asked: Case, steps: list[SetWeight], more: list[SetWeight], edits: list[Callable[[Any, Asked], None]]
) -> None:
    """Restored is what the user would have without us: the object before with their edits."""
    before, split = copy.deepcopy(asked[0]), asked[1]
    live = copy.deepcopy(dict(run(before, split, [a_weight(5), *steps])))
    for edit in edits:
        edit(live, split)
        edit(before, split)
    assert given_back(run(live, split, more), split) == before


@unhurried
@given(asked=any_services, steps=a_run, more=a_run, weight=st.integers(1, 300))
def test_a_destination_added_in_mid_run_keeps_its_share(
    asked: Case, steps: list[SetWeight], more: list[SetWeight], weight: int
) -> None:
    """Its owner weighed it against our weights, so restore puts it into theirs."""
    before, split = asked
    live = copy.deepcopy(dict(run(before, split, [a_weight(5), *steps])))
    selected(live, split)["route"].append(a_destination("newcomer", weight))
    wanted = shares(live, split)
    after = given_back(run(live, split, more), split)
    assert shares(after, split) == wanted
    assert [each["destination"]["host"] for each in selected(after, split)["route"]][:-1] == [
        each["destination"]["host"] for each in selected(before, split)["route"]
    ]


def test_the_canary_copies_port_and_headers_of_stable() -> None:
    """A destination that we add differs from the stable one in host and weight only, written as the user writes."""
    stable = {"destination": {"host": "checkout", "port": {"number": 8080}}, "headers": {"request": {"remove": ["x"]}}}
    after = at(a_virtual_service(a_rule(stable)), a_weight(5))
    assert route_of(after)[1] == {
        "destination": {"host": "checkout-canary", "port": {"number": 8080}},
        "headers": {"request": {"remove": ["x"]}},
        "weight": 5,
    }


def test_stable_gets_a_weight_beside_the_first_canary() -> None:
    """Without one it would count as 0, and everything would go to the canary."""
    live = a_virtual_service(a_rule(a_destination("checkout")))
    assert weights_of(at(live, a_weight("0.5"))) == {"checkout": 995, "checkout-canary": 5}


def test_weights_that_cannot_be_exact_are_refused() -> None:
    """Rounding would change somebody else's share, so the problem asks for smaller numbers."""
    live = a_virtual_service(a_rule(a_destination("checkout", 2_000_000_001), a_destination("legacy", 1)))
    found = desired(live, a_split(), a_weight(5))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    assert "5%" in found.message


def test_a_renamed_rule_is_still_ours() -> None:
    """The record and the hosts tell which rule was edited, whatever it is called now."""
    live: Any = copy.deepcopy(at(a_virtual_service(a_rule(a_destination("checkout"), name="a")), a_weight(5)))
    live["spec"]["http"][0]["name"] = "b"
    live["spec"]["http"].append(a_rule(a_destination("checkout"), name="c"))
    assert weights_of(at(live, a_weight(25), a_split("a"))) == {"checkout": 75, "checkout-canary": 25}


def test_the_record_wins_over_a_changed_spec() -> None:
    """While our edit stands in one rule, another rule is not touched: first the old one is given back."""
    live = a_virtual_service(a_rule(a_destination("checkout"), name="a"), a_rule(a_destination("checkout"), name="b"))
    after = at(at(live, a_weight(5), a_split("a")), a_weight(25), a_split("b", canary="other"))
    assert weights_of(after, 0) == {"checkout": 75, "checkout-canary": 25}
    assert weights_of(after, 1) == {"checkout": None}
