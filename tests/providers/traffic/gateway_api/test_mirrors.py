"""Copies of requests for the new revision, beside whatever the rule's owner mirrors already."""

import copy
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.edit import current, desired
from canary_operator.providers.traffic.gateway_api.mirrors import mirrored_to, mirroring
from canary_operator.providers.traffic.gateway_api.patch import operations
from canary_operator.providers.traffic.gateway_api.routes import Asked
from canary_operator.providers.traffic.managed import Managed
from canary_operator.providers.traffic.partly import Partly
from tests.providers.traffic.gateway_api.obeying import Request, obeyed
from tests.providers.traffic.gateway_api.shapes import (
    a_backend,
    a_filter,
    a_route,
    a_rule,
    a_split,
    as_sent,
    at,
    given_back,
    names,
    seen,
    weights_of,
)
from tests.providers.traffic.gateway_api.strategies import choosing_orders, http_routes, keeping_orders
from tests.providers.traffic.istio.shapes import a_mirror, a_weight, drawn, rolled_back
from tests.providers.traffic.istio.strategies import mirroring_orders, unhurried

Case = tuple[Any, Asked]
GET, HEAD = "canary-operator-mirror.get-checkout", "canary-operator-mirror.head-checkout"
EVERY = "canary-operator-mirror-checkout"


PLAIN = a_route(a_rule(a_backend("checkout", 1), name="primary", filters=[a_filter("audit")]))
SPLIT = a_split("primary")
MIRRORED = at(PLAIN, a_weight(0, copies=a_mirror(20)), SPLIT)


def edited(change: Callable[[Any], None]) -> Any:
    """`change` gets the list of rules."""
    found = copy.deepcopy(dict(MIRRORED))
    change(found["spec"]["rules"])
    return found


@unhurried
@given(
    asked=http_routes(),
    first=mirroring_orders(),
    more=st.lists(mirroring_orders() | keeping_orders() | choosing_orders(), max_size=3),
)
def test_a_run_gives_back_what_it_got(asked: Case, first: SetWeight, more: list[SetWeight]) -> None:
    """Restore after edits is the identity, an edit of the edited changes nothing, and each patch says exactly that.

    Whatever is inserted in the stages after it.
    """
    before, split = asked
    live: Object = as_sent(before)
    for order in (first, *more):
        after = desired(live, split, order)
        if isinstance(after, Problem):
            continue
        assert not isinstance(after, Partly | Problem)
        after = as_sent(after)
        assert jsonpatch.apply_patch(live, operations(live, after)) == after
        assert at(after, order, split) == after
        assert given_back(after, split) == before
        found = seen(after, split)
        assert (found.share, found.lost, found.feeds) == (order.weight, (), True)
        live = after
    fallen = at(live, rolled_back(), split)
    assert not seen(fallen, split).feeds
    assert given_back(fallen, split) == before


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (Fraction(1), {"percent": 100}),
        (Fraction(7, 100), {"percent": 7}),
        (Fraction(1, 200), {"fraction": {"numerator": 1, "denominator": 200}}),
    ],
)
def test_a_percentage_is_whole_or_a_fraction(share: Fraction, written: Any) -> None:
    """What its owner mirrors stays before ours."""
    backend = a_backend("checkout-canary", 0, filters=[], group="", kind="Service")
    reference = {"group": "", "kind": "Service", "name": "checkout-canary", "port": 80}
    ours = {"type": "RequestMirror", "requestMirror": {"backendRef": reference, **written}}
    assert mirroring({"filters": [a_filter("a")]}, backend, share) == {"filters": [a_filter("a"), ours]}
    assert mirrored_to({"filters": [ours]}, "checkout-canary", "shop") == [share]


def test_a_mirror_without_a_number_is_one_of_everything() -> None:
    """As the API says; and a fraction without a denominator is of a hundred."""
    both = {"filters": [a_filter("a"), a_filter("a", fraction={"numerator": 5}), a_filter("b")]}
    assert mirrored_to(both, "a", "shop") == [Fraction(1), Fraction(1, 20)]


def test_nobody_has_the_canary_and_it_is_fed() -> None:
    """So pods that are lost, or a rule left behind, are noticed."""
    found = seen(MIRRORED)
    assert (found.share, found.feeds, found.matched, found.lost) == (Fraction(0), True, (GET, HEAD), ())
    assert found.record is not None
    assert (found.record.weight, found.record.mirror, found.record.matched) == (Fraction(0), Fraction(1, 5), False)
    assert all(weights_of(MIRRORED, place) == {"checkout": 100, "checkout-canary": 0} for place in range(3))


@pytest.mark.parametrize(("method", "rule"), [("GET", GET), ("HEAD", HEAD), ("POST", "primary"), ("PUT", "primary")])
def test_only_what_changes_nothing_is_copied(method: str, rule: str) -> None:
    """An order that is copied is a second order; with allowUnsafe that is the owner's word."""
    assert obeyed(MIRRORED, Request(method=method)) == rule
    unsafe = at(PLAIN, a_weight(0, copies=a_mirror(20, unsafe=True)), SPLIT)
    assert names(unsafe) == [EVERY, "primary"]
    assert obeyed(unsafe, Request(method=method)) == EVERY
    assert seen(unsafe).lost == ()


def test_a_rule_for_one_method_gets_one_copy() -> None:
    """Alternatives for other methods are none."""
    matches = [{"method": "GET"}, {"method": "POST", "headers": [{"name": "x", "value": "1"}]}]
    live = a_route(a_rule(a_backend("checkout", 1), name="primary", matches=matches))
    after = at(live, a_weight(0, copies=a_mirror(20)), SPLIT)
    assert names(after) == [GET, "primary"]
    assert obeyed(after, Request(method="POST", headers={"x": "1"})) == "primary"
    assert seen(after).lost == ()


def test_in_a_reversed_run_the_stable_service_gets_the_copies() -> None:
    """The new revision is behind it."""
    order = SetWeight(Fraction(1), Purpose.STAGE, "abc-1", 1, copies=a_mirror(20), reversed=True)
    live = at(PLAIN, order, SPLIT)
    rule = live["spec"]["rules"][0]
    assert [one["requestMirror"]["backendRef"]["name"] for one in rule["filters"]] == ["audit", "checkout"]
    assert weights_of(live) == {"checkout": 0, "checkout-canary": 100}
    assert seen(live).lost == ()
    assert given_back(live, SPLIT) == PLAIN


@pytest.mark.parametrize("order", [rolled_back(), a_weight(0), a_weight(5), a_weight(100)], ids=str)
def test_the_copies_end_with_any_other_order(order: SetWeight) -> None:
    """In the same patch."""
    live = at(MIRRORED, order, SPLIT)
    assert names(live) == ["primary"]
    assert given_back(live, SPLIT) == PLAIN


def _gone(rules: Any) -> None:
    del rules[0]


def _quieter(rules: Any) -> None:
    rules[0]["filters"][1]["requestMirror"]["percent"] = 1


def _elsewhere(rules: Any) -> None:
    rules[0]["filters"][1]["requestMirror"]["backendRef"]["name"] = "checkout"


def _every_method(rules: Any) -> None:
    del rules[0]["matches"][0]["method"]


@pytest.mark.parametrize("change", [_gone, _quieter, _elsewhere, _every_method])
def test_a_mirror_that_somebody_took_or_changed_is_missed(change: Any) -> None:
    live = edited(change)
    assert seen(live).lost == (GET,)
    assert given_back(live, SPLIT) == PLAIN


def test_what_else_its_owner_mirrors_is_copied_with_the_next_write() -> None:
    """It is missed nowhere."""
    live = edited(lambda rules: rules[2].update(filters=[a_filter("audit-2")]))
    assert seen(live).lost == ()
    after = at(live, a_weight(0, copies=a_mirror(50)), SPLIT)
    assert after["spec"]["rules"][0]["filters"][0] == a_filter("audit-2")


def refusal(live: Object, **more: Any) -> str:
    """Said before a run, and by a write, in the same words."""
    copies = a_mirror(20)
    found = current(live, replace(SPLIT, managed=Managed(copies=copies, **more)))
    assert isinstance(found, Problem)
    assert desired(live, SPLIT, a_weight(0, copies=copies)) == found
    return found.message


def test_a_rule_whose_method_leaves_nothing_to_copy_is_refused() -> None:
    live = a_route(a_rule(a_backend("checkout", 1), name="primary", matches=[{"method": "POST"}]))
    said = refusal(live)
    assert "rule primary of HTTPRoute shop/checkout tests the method, and lets none through that stages[]" in said
    assert not isinstance(desired(live, SPLIT, a_weight(0, copies=a_mirror(20, unsafe=True))), Problem)


def test_a_rule_with_all_filters_has_no_room_for_one_more() -> None:
    live = a_route(a_rule(a_backend("checkout", 1), name="primary", filters=[a_filter("a")] * 16))
    assert "has 16 filters, and the API takes no more, so there is no room for what stages[].mirror" in refusal(live)


def test_a_rule_that_would_lose_its_requests_is_named_with_its_cure() -> None:
    """A method says more than any header; with one it says enough itself."""
    primary = PLAIN["spec"]["rules"][0]
    headers = [{"name": "x-team", "value": "a"}]
    said = refusal(a_route(a_rule(a_backend("team"), name="team", matches=[{"headers": headers}]), primary))
    assert "with the tests of stages[].mirror says more than rule team does, whose requests it would take" in said
    assert "let that one test a method too" in said
    cured = [{"headers": headers, "method": method} for method in ("GET", "HEAD", "POST")]
    live = a_route(primary, a_rule(a_backend("team"), name="team", matches=cured))
    after = at(live, a_weight(0, copies=a_mirror(20)), SPLIT)
    assert obeyed(after, Request(headers={"x-team": "a"})) == "team"


def test_rules_of_other_stages_take_no_room_from_it() -> None:
    """Cookies of fourteen stages fill the route, and copies are sent before all of them."""
    stages = replace(SPLIT, managed=Managed(copies=a_mirror(20), cookies=drawn(*range(1, 15))))
    assert seen(PLAIN, stages).share == 0
