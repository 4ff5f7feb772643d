from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.world import Problem, Route
from canary_operator.providers.traffic.istio.destinations import resolved
from canary_operator.providers.traffic.istio.edit import current
from tests.providers.traffic.istio.shapes import a_destination, a_rule, a_split, a_virtual_service

STABLE = a_destination("checkout", 100)
CANARY = a_destination("checkout-canary", 0)


def problem_of(live: Any, route: str | None = None) -> Problem:
    found = current(live, a_split(route))
    assert isinstance(found, Problem)
    return found


@pytest.mark.parametrize(
    ("host", "full"),
    [
        ("checkout", "checkout.shop.svc.cluster.local"),
        ("checkout.shop", "checkout.shop"),
        ("checkout.shop.svc", "checkout.shop.svc"),
        ("checkout.other", "checkout.other"),
        ("checkout.shop.svc.cluster.local", "checkout.shop.svc.cluster.local"),
        ("", ""),
    ],
)
def test_only_a_name_without_a_dot_is_completed(host: str, full: str) -> None:
    """Istio takes a name with a dot as it is, and so do we."""
    assert resolved(host, "shop") == full


@pytest.mark.parametrize(
    ("route", "share"),
    [
        ([a_destination("checkout")], 0),
        ([a_destination("checkout", 0)], 0),
        ([a_destination("checkout", 3), a_destination("checkout-canary", 1)], Fraction(1, 4)),
        ([a_destination("checkout", 3), a_destination("checkout-canary")], 0),
        ([a_destination("checkout"), a_destination("checkout-canary", 5)], 1),
        ([a_destination("checkout", 1), a_destination("other", 98), a_destination("checkout-canary", 1)], "1/2"),
        ([a_destination("checkout", 1), a_destination("other", 9)], 0),
    ],
)
def test_the_share_is_the_canarys_part_of_stable_and_canary(route: list[Any], share: int | str) -> None:
    """A missing weight is 0 beside others, and a single destination gets everything."""
    assert current(a_virtual_service(a_rule(*route)), a_split()) == Route(Fraction(share), None)


def test_a_rule_is_found_by_its_name() -> None:
    """Of several rules the named one is read."""
    half = a_rule(a_destination("checkout", 1), a_destination("checkout-canary", 1), name="half")
    live = a_virtual_service(a_rule(STABLE, name="primary"), half)
    assert current(live, a_split("primary")) == Route(Fraction(0), None)
    assert current(live, a_split("half")) == Route(Fraction(1, 2), None)


def test_several_rules_and_no_name_is_ambiguous() -> None:
    """The problem names the candidates, by number where they have no name."""
    found = problem_of(a_virtual_service(a_rule(STABLE, name="primary"), a_rule(STABLE)))
    assert found.reason == reasons.ROUTE_AMBIGUOUS
    assert "primary, http[1] (without a name)" in found.message


def test_two_rules_of_one_name_are_ambiguous() -> None:
    """Istio takes both, so we can't know which is meant."""
    found = problem_of(a_virtual_service(a_rule(STABLE, name="a"), a_rule(STABLE, name="a")), "a")
    assert found.reason == reasons.ROUTE_AMBIGUOUS


@pytest.mark.parametrize(
    ("live", "route", "words"),
    [
        (a_virtual_service(a_rule(STABLE, name="main")), "primary", "no http route named primary (there are: main)"),
        (a_virtual_service(a_rule(STABLE)), "primary", "(there are: http[0] (without a name))"),
        (a_virtual_service(), None, "no http route (there are: none)"),
        ({"metadata": {"name": "checkout", "namespace": "shop"}, "spec": {"tls": []}}, None, "there are: none"),
        ({"metadata": {"name": "checkout", "namespace": "shop"}}, None, "there are: none"),
    ],
)
def test_a_rule_that_is_not_there_is_a_problem(live: Any, route: str | None, words: str) -> None:
    """The problem says what was looked for and what there is."""
    found = problem_of(live, route)
    assert found.reason == reasons.ROUTE_NOT_FOUND
    assert words in found.message
    assert "VirtualService shop/checkout" in found.message


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"delegate": {"name": "checkout", "namespace": "team"}}, "delegates to VirtualService team/checkout"),
        ({"delegate": {"name": "sub"}}, "delegates to VirtualService shop/sub"),
        ({"redirect": {"uri": "/new"}}, "is a redirect"),
        ({"directResponse": {"status": 200}}, "is a directResponse"),
        (a_rule({"destination": {"host": "checkout", "subset": "v1"}}), "the subset v1"),
        (a_rule(STABLE, {"destination": {"host": "checkout-canary", "subset": "v2"}}), "the subset v2"),
        (a_rule(a_destination("checkout"), CANARY), "no weight at all"),
        (a_rule(a_destination("checkout"), a_destination("other", 100)), "no weight at all"),
    ],
)
def test_a_rule_that_cannot_be_split_is_a_problem(rule: Any, words: str) -> None:
    """Delegates, rules without destinations, subsets and starved destinations are refused with the reason."""
    found = problem_of(a_virtual_service(rule))
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    assert words in found.message


def test_a_missing_stable_destination_names_the_hosts_that_are_there() -> None:
    """A host with a dot that is not complete is a usual mistake, so it is shown as it is written."""
    found = problem_of(a_virtual_service(a_rule(a_destination("checkout.shop", 1), a_destination("cart", 1))))
    assert found.reason == reasons.DESTINATION_NOT_FOUND
    assert "checkout.shop.svc.cluster.local (there are: checkout.shop, cart)" in found.message


@pytest.mark.parametrize(
    ("route", "host"),
    [
        ([STABLE, a_destination("checkout.shop.svc.cluster.local", 1)], "checkout.shop"),
        ([STABLE, CANARY, a_destination("checkout-canary", 5)], "checkout-canary.shop"),
        ([STABLE, {"destination": {"host": "checkout", "port": {"number": 81}}}], "checkout.shop"),
    ],
)
def test_a_service_named_twice_is_a_problem(route: list[Any], host: str) -> None:
    """Two destinations of one Service are not added up, in whatever way they are written."""
    found = problem_of(a_virtual_service(a_rule(*route)))
    assert found.reason == reasons.DESTINATION_DUPLICATED
    assert host in found.message


def in_subset(name: str | None, weight: int | None = None) -> dict[str, Any]:
    destination = {"host": "checkout"} | ({} if name is None else {"subset": name})
    return {"destination": destination} | ({} if weight is None else {"weight": weight})


SUBSETS = {"stable": "v1", "canary": "v2"}


def test_with_subsets_the_share_is_that_of_one_subset() -> None:
    """Another subset of the same Service is somebody else's, and so is a subset of this name of another Service."""
    elsewhere = {"destination": {"host": "other", "subset": "v2"}, "weight": 50}
    live = a_virtual_service(a_rule(in_subset("v1", 3), in_subset("debug", 7), in_subset("v2", 1), elsewhere))
    assert current(live, a_split(subsets=SUBSETS)) == Route(Fraction(1, 4), None)


@pytest.mark.parametrize(
    ("route", "reason", "words"),
    [
        ([in_subset(None)], reasons.ROUTE_UNSUPPORTED, "sends to checkout without a subset"),
        ([in_subset("v1", 1), in_subset(None, 1)], reasons.ROUTE_UNSUPPORTED, "write subset: v1 beside that host"),
        ([in_subset("v3")], reasons.DESTINATION_NOT_FOUND, "(subset v1) (there are: checkout (subset v3)); correct"),
        ([in_subset("v1", 1), in_subset("v1", 1)], reasons.DESTINATION_DUPLICATED, "(subset v1) more than once"),
    ],
)
def test_subsets_that_cannot_be_split_are_a_problem(route: list[Any], reason: str, words: str) -> None:
    """The whole Service would have the canary's pods in it; the rest is as between Services."""
    found = current(a_virtual_service(a_rule(*route)), a_split(subsets=SUBSETS))
    assert isinstance(found, Problem)
    assert found.reason == reason
    assert words in found.message
