import copy
from typing import Any

import pytest

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import ANNOTATION
from canary_operator.providers.traffic.istio.restore import restored
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_split,
    a_virtual_service,
    a_weight,
    at,
    given_back,
    rolled_back,
    route_of,
    weights_of,
)

PLAIN = a_virtual_service(a_rule(a_destination("checkout"), name="primary"))
QUARTER = at(PLAIN, a_weight(25))
BESIDE = at(a_virtual_service(a_rule(a_destination("checkout", 90), a_destination("legacy", 10))), a_weight(25))


def edited(live: Object, change: Any) -> Any:
    found = copy.deepcopy(dict(live))
    change(found)
    return found


def with_route(live: Object, *route: Any) -> Any:
    return edited(live, lambda found: found["spec"]["http"][0].update(route=list(route)))


def test_restoring_twice_is_restoring_once() -> None:
    """Without a record the object is left as it is."""
    assert given_back(given_back(QUARTER)) == PLAIN
    assert given_back(PLAIN) is PLAIN


def test_a_canary_that_had_traffic_comes_back_without() -> None:
    """Its pods go away after a run, so its former share stays with stable."""
    live = a_virtual_service(a_rule(a_destination("checkout", 90), a_destination("checkout-canary", 10)))
    assert weights_of(given_back(at(live, a_weight(25)))) == {"checkout": 100, "checkout-canary": 0}


def test_a_newcomer_beside_a_lone_stable_gets_no_more_than_it_was_given() -> None:
    """Stable had no weight when it stood alone; now it needs one, or the newcomer would get everything."""
    live = edited(QUARTER, lambda found: route_of(found).append(a_destination("new", 25)))
    assert weights_of(given_back(live)) == {"checkout": 100, "new": 25}


def test_a_newcomer_is_put_into_the_users_scale() -> None:
    """Ours weigh 36 now and weighed 90 before: 4 becomes 10 again, and 2 becomes 5."""
    live = edited(BESIDE, lambda found: route_of(found).append(a_destination("new", 2)))
    assert weights_of(given_back(live)) == {"checkout": 90, "legacy": 10, "new": 5}


def test_a_newcomer_that_does_not_fit_the_users_scale_keeps_its_share() -> None:
    """3 of 36 would be 7.5 of 90, so the present scale stays."""
    live = edited(BESIDE, lambda found: route_of(found).append(a_destination("new", 3)))
    assert weights_of(given_back(live)) == {"checkout": 36, "legacy": 4, "new": 3}


def test_the_users_own_manifest_applied_in_mid_run_stays() -> None:
    """A kubectl apply wrote the original destinations over ours; only the record is left to remove."""
    live = with_route(BESIDE, a_destination("checkout", 90), a_destination("legacy", 10))
    assert weights_of(given_back(live)) == {"checkout": 90, "legacy": 10}
    assert "annotations" not in given_back(live)["metadata"]


def test_a_canary_destination_that_we_put_back_goes_away() -> None:
    """The user had one, removed it in mid-run, and our next stage needed one."""
    live = a_virtual_service(a_rule(a_destination("checkout", 100), a_destination("checkout-canary", 0)))
    removed = edited(at(live, a_weight(5)), lambda found: route_of(found).pop())
    assert weights_of(given_back(at(removed, a_weight(25)))) == {"checkout": 100}


def test_weights_never_become_all_0() -> None:
    """Somebody set every weight to 0: stable gets what is left."""
    live = with_route(BESIDE, a_destination("checkout", 0), a_destination("legacy", 0))
    assert weights_of(given_back(live))["checkout"] == 1
    all_elsewhere = with_route(BESIDE, a_destination("checkout", 0), a_destination("legacy", 5))
    assert weights_of(given_back(all_elsewhere)) == {"checkout": 0, "legacy": 5}


def test_a_record_that_was_edited_by_hand_does_not_starve_the_route() -> None:
    """It claims that both weights were 0, which Istio would refuse: stable keeps what it has."""
    live = at(a_virtual_service(a_rule(a_destination("checkout", 1), a_destination("checkout-canary"))), a_weight(5))
    value = live["metadata"]["annotations"][ANNOTATION].replace('"weight":1}', '"weight":0}')
    lying = edited(live, lambda found: found["metadata"]["annotations"].update({ANNOTATION: value}))
    assert weights_of(given_back(lying)) == {"checkout": 100, "checkout-canary": None}


def test_absence_comes_back_as_absence() -> None:
    """The canary of the user had no weight, and has none again."""
    live = a_virtual_service(a_rule(a_destination("checkout", 1), a_destination("checkout-canary")))
    stepped = at(at(live, a_weight(5)), rolled_back())
    assert weights_of(stepped) == {"checkout": 100, "checkout-canary": 0}
    assert weights_of(given_back(stepped)) == {"checkout": 1, "checkout-canary": None}


@pytest.mark.parametrize(
    "http",
    [
        [],
        [a_rule(a_destination("cart"), name="other")],
        [{"name": "primary", "redirect": {"uri": "/"}}],
        [a_rule(a_destination("cart"), name="primary")],
    ],
)
def test_a_rule_that_its_owner_took_away_needs_nothing_back(http: Any) -> None:
    """Only our annotation goes."""
    after = given_back(edited(QUARTER, lambda found: found["spec"].update(http=http)))
    assert after["spec"]["http"] == http
    assert "annotations" not in after["metadata"]


@pytest.mark.parametrize(
    "live",
    [
        with_route(QUARTER, a_destination("checkout-canary")),
        with_route(QUARTER, a_destination("checkout", 1), *[a_destination("checkout-canary", 1)] * 2),
        edited(QUARTER, lambda found: found["spec"]["http"].append(found["spec"]["http"][0])),
        edited(QUARTER, lambda found: found["metadata"]["annotations"].update({ANNOTATION: "{"})),
    ],
)
def test_traffic_that_cannot_be_taken_from_the_canary_is_told(live: Object) -> None:
    """Only stable missing, duplicates of ours and a damaged record need a person."""
    assert isinstance(restored(live, a_split("primary")), Problem)
