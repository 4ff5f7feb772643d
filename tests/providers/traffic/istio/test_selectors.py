"""Routes below HTTP: which one is meant, and that nothing else is touched."""

import copy
import json
from fractions import Fraction
from typing import Any

import jsonpatch
import pytest

from canary_operator.api import reasons
from canary_operator.api.rollout import VirtualServiceRef
from canary_operator.api.routes import TcpRoute, TlsRoute
from canary_operator.core.world import Problem, Route
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import ANNOTATION
from canary_operator.providers.traffic.istio.edit import current
from canary_operator.providers.traffic.istio.patch import operations
from canary_operator.providers.traffic.istio.restore import restored
from canary_operator.providers.traffic.istio.selectors import HttpRoute, Selector, selectors
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

STABLE = a_destination("checkout")
HALF = (a_destination("checkout", 1), a_destination("checkout-canary", 1))
POSTGRES, SHOP = TcpRoute(port=5432), TlsRoute(port=443, sni_host="shop.example.com")


def tcp(*ports: int | None, route: Any = (STABLE,)) -> Any:
    """None is a match without a port; no port at all is a rule without a match."""
    match = [{} if port is None else {"port": port} for port in ports]
    return a_rule(*route, match=match) if ports else a_rule(*route)


def tls(*hosts: str, port: int | None = 443, route: Any = (STABLE,)) -> Any:
    return a_rule(*route, match=[{"sniHosts": list(hosts)} | ({} if port is None else {"port": port})])


def problem_of(live: Any, wanted: Selector) -> Problem:
    found = current(live, a_split(wanted))
    assert isinstance(found, Problem)
    return found


def edited(live: Object, change: Any) -> Any:
    found = copy.deepcopy(dict(live))
    change(found)
    return found


@pytest.mark.parametrize(
    ("live", "wanted"),
    [
        (a_virtual_service(tcp=[tcp(5432, route=HALF)]), POSTGRES),
        (a_virtual_service(tcp=[tcp(9000), tcp(5432, route=HALF)]), POSTGRES),
        (a_virtual_service(tcp=[tcp(9000, 5432, route=HALF), tcp(9001)]), POSTGRES),
        (a_virtual_service(tcp=[tcp(9000), tcp(route=HALF)]), POSTGRES),
        (a_virtual_service(tcp=[tcp(9000), tcp(None, route=HALF)]), POSTGRES),
        (a_virtual_service(tcp=[tcp(9000), tcp(0, route=HALF)]), POSTGRES),
        (a_virtual_service(tcp=[tcp(), tcp(5432, route=HALF)]), POSTGRES),
        (a_virtual_service(tls=[tls("cart.example.com"), tls("shop.example.com", route=HALF)]), SHOP),
        (a_virtual_service(tls=[tls("a.example.com", "shop.example.com", route=HALF)]), SHOP),
        (a_virtual_service(tls=[tls("shop.example.com", port=8443), tls("shop.example.com", route=HALF)]), SHOP),
        (a_virtual_service(tls=[tls("shop.example.com", port=None, route=HALF), tls("other.example.com")]), SHOP),
        (a_virtual_service(a_rule(STABLE), tcp=[tcp(5432, route=HALF)], tls=[tls("shop.example.com")]), POSTGRES),
    ],
)
def test_a_rule_is_found_by_what_it_matches(live: Any, wanted: Selector) -> None:
    """By its port, and for TLS by its server name too; where no rule names the port, by taking any."""
    assert current(live, a_split(wanted)) == Route(Fraction(1, 2), None)


@pytest.mark.parametrize(
    ("live", "wanted", "words"),
    [
        (
            a_virtual_service(tcp=[tcp(9000), tcp(9001, 9002)]),
            POSTGRES,
            (
                "no tcp route for port 5432 (there are: tcp[0] (port 9000), tcp[1] (port 9001 or port 9002)); "
                "correct virtualServices[0].tcpRoutes"
            ),
        ),
        (
            a_virtual_service(tls=[tls("a.example.com", "b.example.com")]),
            SHOP,
            (
                "no tls route for port 443 and shop.example.com (there are: "
                "tls[0] (port 443 a.example.com b.example.com)); correct virtualServices[0].tlsRoutes"
            ),
        ),
        (a_virtual_service(tls=[tls("*.example.com")]), SHOP, "(there are: tls[0] (port 443 *.example.com))"),
        (a_virtual_service(), POSTGRES, "(there are: none)"),
        (
            a_virtual_service(tcp=[tcp()], tls=[tls("a", port=None)]),
            HttpRoute(None),
            "no http route (there are: none, but for tlsRoutes tls[0] (any port a), tcpRoutes tcp[0] (any port))",
        ),
        ({"metadata": {"name": "checkout", "namespace": "shop"}}, POSTGRES, "there are: none"),
    ],
)
def test_a_rule_that_is_not_there_is_told_with_those_that_are(live: Any, wanted: Selector, words: str) -> None:
    """With ports and server names, and of other kinds where there is none of this one."""
    found = problem_of(live, wanted)
    assert found.reason == reasons.ROUTE_NOT_FOUND
    assert words in found.message


@pytest.mark.parametrize(
    ("live", "wanted", "words"),
    [
        (
            a_virtual_service(tcp=[tcp(5432), tcp(5432, 9000)]),
            POSTGRES,
            (
                "several tcp routes for port 5432 (tcp[0] (port 5432), tcp[1] (port 5432 or port 9000)); "
                "let exactly one of them match it"
            ),
        ),
        (a_virtual_service(tcp=[tcp(), tcp(None)]), POSTGRES, "(tcp[0] (any port), tcp[1] (any port))"),
        (a_virtual_service(tcp=[tcp(0), tcp()]), POSTGRES, "(tcp[0] (any port), tcp[1] (any port))"),
        (
            a_virtual_service(tls=[tls("shop.example.com")] * 2),
            SHOP,
            "several tls routes for port 443 and shop.example.com",
        ),
    ],
)
def test_several_rules_that_could_be_meant_are_told(live: Any, wanted: Selector, words: str) -> None:
    """Gateways or source labels may tell them apart for Istio, and the spec can't say so."""
    found = problem_of(live, wanted)
    assert found.reason == reasons.ROUTE_AMBIGUOUS
    assert words in found.message


@pytest.mark.parametrize(
    ("route", "reason", "words"),
    [
        ([a_destination("cart")], reasons.DESTINATION_NOT_FOUND, "tcp route tcp[0] (port 5432) of VirtualService shop"),
        ([{"destination": {"host": "checkout", "subset": "v1"}}], reasons.ROUTE_UNSUPPORTED, "the subset v1"),
        ([STABLE, STABLE], reasons.DESTINATION_DUPLICATED, "more than once"),
        ([STABLE, a_destination("checkout-canary")], reasons.ROUTE_UNSUPPORTED, "no weight at all"),
    ],
)
def test_a_rule_that_cannot_be_split_is_refused_like_any_other(route: Any, reason: str, words: str) -> None:
    """All weights 0 may crash istiod here; what has them is not touched."""
    found = problem_of(a_virtual_service(tcp=[tcp(5432, route=route)]), POSTGRES)
    assert found.reason == reason
    assert words in found.message


def test_the_record_says_which_rule_it_is_about() -> None:
    """A rule without a name is found again as it was asked for."""
    live = at(a_virtual_service(tcp=[tcp(5432)]), a_weight(5), a_split(POSTGRES))
    entry = json.loads(live["metadata"]["annotations"][ANNOTATION])["shop/checkout"]
    assert (entry["tcp"], "route" in entry, "tls" in entry) == ({"port": 5432}, False, False)
    live = at(a_virtual_service(tls=[tls("shop.example.com")]), a_weight(5), a_split(SHOP))
    entry = json.loads(live["metadata"]["annotations"][ANNOTATION])["shop/checkout"]
    assert entry["tls"] == {"port": 443, "sniHost": "shop.example.com"}


def test_only_the_rule_that_was_asked_for_is_touched() -> None:
    """Rules of other kinds stay as they are, with the same hosts and the same port too."""
    live = a_virtual_service(a_rule(STABLE), tcp=[tcp(9000), tcp(443)], tls=[tls("shop.example.com")])
    after = at(live, a_weight(25), a_split(SHOP))
    assert weights_of(after, kind="tls") == {"checkout": 75, "checkout-canary": 25}
    assert {kind: after["spec"][kind] for kind in ("http", "tcp")} == {
        kind: live["spec"][kind] for kind in ("http", "tcp")
    }
    assert given_back(after, a_split(SHOP)) == live


def test_a_rule_that_got_another_port_is_still_ours() -> None:
    """Both hosts tell which one was edited, whatever else takes the port by now."""
    live = at(a_virtual_service(tcp=[tcp(5432), tcp(9000)]), a_weight(25), a_split(POSTGRES))
    moved = edited(live, lambda found: found["spec"]["tcp"][0].update(match=[{"port": 5433}]))
    moved["spec"]["tcp"][1].pop("match")
    emptied = at(moved, rolled_back(), a_split(POSTGRES))
    assert weights_of(emptied, 0, "tcp") == {"checkout": 100, "checkout-canary": 0}
    assert weights_of(given_back(emptied, a_split(POSTGRES)), 0, "tcp") == {"checkout": None}


def test_a_rule_that_its_owner_took_away_needs_nothing_back() -> None:
    """Only our annotation goes."""
    live = at(a_virtual_service(tcp=[tcp(5432)]), a_weight(25), a_split(POSTGRES))
    after = given_back(edited(live, lambda found: found["spec"].update(tcp=[tcp(9000)])), a_split(POSTGRES))
    assert after == a_virtual_service(tcp=[tcp(9000)])


def test_a_canary_that_two_rules_feed_is_told() -> None:
    """Nobody knows which of the two was ours."""
    live = at(a_virtual_service(tcp=[tcp(5432)]), a_weight(25), a_split(POSTGRES))
    twice = edited(live, lambda found: found["spec"]["tcp"].append(found["spec"]["tcp"][0]))
    assert isinstance(restored(twice, a_split(POSTGRES)), Problem)


def test_a_patch_does_not_land_on_a_neighbour_with_the_same_hosts() -> None:
    """A rule without a name is tested by its match, for a rollback lands on any version of the object."""
    live = at(a_virtual_service(tcp=[tcp(5432)]), a_weight(25), a_split(POSTGRES))
    patch = operations(live, at(live, rolled_back(), a_split(POSTGRES)))
    assert {"op": "test", "path": "/spec/tcp/0/match", "value": [{"port": 5432}]} in patch
    moved = edited(live, lambda found: found["spec"]["tcp"].insert(0, tcp(9000, route=HALF)))
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch(moved, patch)


def test_http_routes_are_tested_by_their_names_only() -> None:
    """Whoever edits a match of a rule with a name makes no rollback try again."""
    live = at(a_virtual_service(a_rule(STABLE, name="a", match=[{"port": 80}])), a_weight(25))
    paths = [each["path"] for each in operations(live, at(live, rolled_back()))]
    assert "/spec/http/0/match" not in paths


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        ({}, HttpRoute(None)),
        ({"routes": ["primary"]}, HttpRoute("primary")),
        ({"tcpRoutes": [{"port": 5432}]}, POSTGRES),
        ({"tlsRoutes": [{"port": 443, "sniHost": "shop.example.com"}]}, SHOP),
    ],
)
def test_the_spec_selects_one_route(reference: Any, wanted: Selector) -> None:
    """Nothing at all is the only http route that there is."""
    assert selectors(VirtualServiceRef.model_validate({"name": "checkout", **reference})) == (wanted,)
