"""Copies of requests for the new revision, beside whatever the rule's owner mirrors already."""

import copy
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import Address
from canary_operator.providers.traffic.istio.edit import current, desired
from canary_operator.providers.traffic.istio.mirrors import mirrored_to, mirroring
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_mirror,
    a_rule,
    a_split,
    a_virtual_service,
    a_weight,
    at,
    given_back,
    rolled_back,
)

CANARY = "checkout-canary.shop.svc.cluster.local"
OURS = "canary-operator-mirror-checkout"
PLAIN = a_virtual_service(a_rule(a_destination("checkout"), name="primary", mirror={"host": "audit"}))
SPLIT = a_split("primary")
MIRRORED = at(PLAIN, a_weight(0, copies=a_mirror(20)), SPLIT)


def seen(live: Object) -> Route:
    found = current(live, SPLIT)
    assert isinstance(found, Route), found
    return found


def edited(change: Callable[[Any], None]) -> Any:
    """`change` gets the list of http rules."""
    found = copy.deepcopy(dict(MIRRORED))
    change(found["spec"]["http"])
    return found


@pytest.mark.parametrize(
    ("rule", "theirs"),
    [
        ({"mirror": {"host": "a"}}, [{"destination": {"host": "a"}}]),
        (
            {"mirror": {"host": "a"}, "mirrorPercentage": {"value": 5.5}},
            [{"destination": {"host": "a"}, "percentage": {"value": 5.5}}],
        ),
        (
            {"mirror": {"host": "a"}, "mirrorPercent": 7},
            [{"destination": {"host": "a"}, "percentage": {"value": 7}}],
        ),
        (
            {"mirror": {"host": "a"}, "mirror_percent": 0},
            [{"destination": {"host": "a"}, "percentage": {"value": 0}}],
        ),
        ({"mirrors": [{"destination": {"host": "a"}}]}, [{"destination": {"host": "a"}}]),
    ],
)
def test_the_owners_mirror_stays_before_ours(rule: Any, theirs: Any) -> None:
    """As the first of a list, for Istio refuses both ways of writing it together."""
    ours = {"destination": {"host": "checkout-canary"}, "percentage": {"value": 0.5}}
    after = mirroring({"name": "x", **rule}, {"host": "checkout-canary"}, Fraction(1, 200))
    assert after == {"name": "x", "mirrors": [*theirs, ours]}


def test_one_alone_is_written_as_every_istio_reads_it() -> None:
    after = mirroring({"timeout": "5s"}, {"host": "checkout-canary"}, Fraction(1))
    assert after == {"timeout": "5s", "mirror": {"host": "checkout-canary"}, "mirrorPercentage": {"value": 100}}
    assert mirrored_to(after, Address(CANARY), "shop") == [{"value": 100}]
    assert mirrored_to(after, Address(CANARY), "elsewhere") == []


def test_nobody_has_the_canary_and_it_is_fed() -> None:
    """So pods that are lost, or a rule left behind, are noticed."""
    found = seen(MIRRORED)
    assert (found.share, found.feeds, found.matched, found.lost) == (Fraction(0), True, (OURS,), ())
    assert found.record is not None
    assert (found.record.weight, found.record.mirror, found.record.matched) == (Fraction(0), Fraction(1, 5), False)


def test_in_a_reversed_run_the_stable_service_gets_the_copies() -> None:
    """The new revision is behind it."""
    order = SetWeight(Fraction(1), Purpose.STAGE, "abc-1", 1, copies=a_mirror(20), reversed=True)
    live = at(PLAIN, order, SPLIT)
    rule = live["spec"]["http"][0]
    assert [one["destination"]["host"] for one in rule["mirrors"]] == ["audit", "checkout"]
    assert [one["weight"] for one in rule["route"]] == [0, 100]
    assert seen(live).lost == ()
    assert given_back(live, SPLIT) == PLAIN


@pytest.mark.parametrize("order", [rolled_back(), a_weight(0), a_weight(5), a_weight(100)], ids=str)
def test_the_copies_end_with_any_other_order(order: SetWeight) -> None:
    """In the same patch."""
    live = at(MIRRORED, order, SPLIT)
    assert [rule["name"] for rule in live["spec"]["http"]] == ["primary"]
    assert given_back(live, SPLIT) == PLAIN


def _gone(rules: Any) -> None:
    del rules[0]


def _quieter(rules: Any) -> None:
    rules[0]["mirrors"][1]["percentage"]["value"] = 1


def _elsewhere(rules: Any) -> None:
    rules[0]["mirrors"][1]["destination"]["host"] = "checkout"


def _every_method(rules: Any) -> None:
    del rules[0]["match"]


@pytest.mark.parametrize("change", [_gone, _quieter, _elsewhere, _every_method])
def test_a_mirror_that_somebody_took_or_changed_is_missed(change: Any) -> None:
    live = edited(change)
    assert seen(live).lost == (OURS,)
    assert given_back(live, SPLIT) == PLAIN


def test_what_else_its_owner_mirrors_is_copied_with_the_next_write() -> None:
    """It is missed nowhere."""
    live = edited(lambda rules: rules[1].update(mirror={"host": "audit-2"}))
    assert seen(live).lost == ()
    after = at(live, a_weight(0, copies=a_mirror(50)), SPLIT)
    assert after["spec"]["http"][0]["mirrors"][0] == {"destination": {"host": "audit-2"}}


@pytest.mark.parametrize("method", [{"prefix": "P"}, {"regex": "GET|POST"}, {"exact": "POST"}])
def test_a_rule_whose_method_leaves_nothing_to_copy_is_refused(method: Any) -> None:
    """In the words that plan and lint use too."""
    live = a_virtual_service(a_rule(a_destination("checkout"), name="primary", match=[{"method": method}]))
    found = desired(live, SPLIT, a_weight(0, copies=a_mirror(20)))
    assert isinstance(found, Problem)
    assert "lets none through that stages[].mirror may copy: GET and HEAD" in found.message
    assert not isinstance(desired(live, SPLIT, a_weight(0, copies=a_mirror(20, unsafe=True))), Problem)
