"""Each rule finds its pitfall, and says nothing of the same manifests without it."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.lint.every import RULES, pitfalls
from canary_operator.lint.files import Files, Pitfall
from tests.lint.manifests import GOOD, TWO

DOCS = Path(__file__).parents[2] / "docs" / "lint.md"


def found(manifests: list[dict[str, Any]]) -> list[Pitfall]:
    return pitfalls(Files(tuple(manifests), "shop"))


def named(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def put(manifest: str, *steps: Any) -> Callable[[dict[str, Any]], None]:
    """The last step is the value."""
    *way, last, value = steps

    def change(manifests: dict[str, Any]) -> None:
        parent = manifests[manifest]
        for step in way:
            parent = parent[step]
        parent[last] = value

    return change


def add(*manifests: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda every: every.update({str(number): one for number, one in enumerate(manifests)})


def connected(**more: Any) -> Callable[[dict[str, Any]], None]:
    """The rollout splits a tcp route."""

    def change(manifests: dict[str, Any]) -> None:
        spec = manifests["rollout"]["spec"]
        spec["traffic"]["istio"]["virtualServices"][0]["tcpRoutes"] = [{"port": 9000}]
        spec["analysis"]["metrics"] = [OWN]
        spec.update(more)

    return change


def both(*changes: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def change(manifests: dict[str, Any]) -> None:
        for one in changes:
            one(manifests)

    return change


def by_subsets(*more: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """The rollout splits between subsets, and all is well with them, but for what is changed."""

    def change(manifests: dict[str, Any]) -> None:
        labels = {"app": "checkout", "version": "v1"}
        manifests["rollout"]["spec"]["traffic"]["istio"]["subsets"] = {"destinationRule": "checkout"}
        manifests["route"]["spec"]["http"][0]["route"][0]["destination"]["subset"] = "stable"
        manifests["deployment"]["spec"]["selector"] = {"matchLabels": labels}
        manifests["deployment"]["spec"]["template"]["metadata"]["labels"] = labels
        stable = {"name": "stable", "labels": {"version": "v1"}}
        manifests["rule"] = named("DestinationRule", "checkout", host="checkout", subsets=[stable])
        for one in more:
            one(manifests)

    return change


ITS = "s='$service',namespace='$namespace'"
OWN = {"name": "reset", "promQL": f"reset{{{ITS}}}", "outOf": f"closed{{{ITS}}}", "max": "1%"}
EVERYWHERE = {"name": "paid", "promQL": "paid{pod=~'$pods'}", "outOf": "visits{pod=~'$pods'}", "max": "1%"}
TO_STABLE = [{"destination": {"host": "checkout"}}]
HTTP = ("spec", "http", 0, "route")
POLICY = {"trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}}
STICKY: tuple[Any, ...] = ("spec", "traffic", "stickiness", {"cookie": {}})
MIRRORED: tuple[Any, ...] = (
    *("spec", "stages"),
    [{"mirror": "10%", "duration": "10m"}, {"weight": "5%", "duration": "10m"}],
)
CONTAINERS = ("spec", "template", "spec", "containers")
NAMED: tuple[Any, ...] = (*STICKY[:-1], {"cookie": {"name": "release"}})
at_gateway = put("route", "spec", "gateways", ["shop/front"])
ANOTHER = named("CanaryRollout", "basket") | {
    "spec": {
        **GOOD["rollout"]["spec"],
        "workload": {"deploymentRef": {"name": "basket"}},
        "traffic": {
            "istio": {"virtualServices": [{"name": "basket"}]},
            "stableService": "basket",
            "stickiness": {"cookie": {"name": "release"}},
        },
    }
}
ROUTE_OF_ANOTHER = named("VirtualService", "basket", hosts=["checkout"], gateways=["shop/front"]) | {
    "spec": {
        "hosts": ["checkout"],
        "gateways": ["shop/front"],
        "http": [{"route": [{"destination": {"host": "basket"}}]}],
    }
}


def a_gateway(*protocols: str) -> dict[str, Any]:
    return named("Gateway", "front", servers=[{"port": {"protocol": protocol}} for protocol in protocols])


PITFALLS: dict[str, Callable[[dict[str, Any]], None]] = {
    "rollout-invalid": put("rollout", "spec", "stages", 0, "weight", "0%"),
    "route-unusable": put("route", *HTTP, [{"destination": {"host": "basket"}}]),
    "route-not-delegated": put(
        "rollout", "spec", "traffic", "istio", "virtualServices", [{"name": "split", "managedRoute": True}]
    ),
    "same-pods": add(named("Service", "checkout-canary", selector={"app": "checkout"})),
    "pods-not-selected": put("service", "spec", "selector", {"app": "basket"}),
    "probe-missing": put("deployment", "spec", "template", "spec", "containers", [{"name": "app"}]),
    "autoscaled": add(
        named("HorizontalPodAutoscaler", "checkout", scaleTargetRef={"kind": "Deployment", "name": "checkout"})
    ),
    "policy-for-one-arm": add(named("DestinationRule", "checkout", host="checkout", **POLICY)),
    "labels-at-gateway": both(
        put("rollout", "spec", "traffic", "canaryMatches", [{"method": "PUT"}, {"sourceLabels": {"app": "basket"}}]),
        put("route", "spec", "gateways", ["shop/front"]),
    ),
    "bucket-never-reached": both(
        put("rollout", "spec", "traffic", "canaryMatches", [{"headers": [{"name": "x-user-id", "present": True}]}]),
        put("rollout", "spec", "traffic", "canaryBucket", {"header": "x-user-id"}),
    ),
    "cookie-in-mesh": put("rollout", *STICKY),
    "cookie-never-returned": both(put("rollout", *STICKY), at_gateway, add(a_gateway("HTTP"))),
    "cookie-cached": both(
        put("rollout", *STICKY),
        put("route", "spec", "http", 0, "headers", {"response": {"set": {"Cache-Control": "public, max-age=60"}}}),
    ),
    "cookie-shared": both(put("rollout", *NAMED), at_gateway, add(ANOTHER, ROUTE_OF_ANOTHER)),
    "mirror-unsafe": both(
        put("rollout", *MIRRORED), put("rollout", "spec", "traffic", "mirror", {"allowUnsafe": True})
    ),
    "mirror-writes": both(
        put("rollout", *MIRRORED), put("deployment", *CONTAINERS, 0, "env", [{"name": "DATABASE_URL"}])
    ),
    "query-of-every-namespace": put("rollout", "spec", "analysis", "metrics", [EVERYWHERE]),
    "route-takes-more": both(
        connected(workload={"deploymentRef": {"name": "checkout"}, "drain": "1m"}),
        put("route", "spec", "tcp", [{"match": [{"port": 9000}, {"port": 9001}], "route": TO_STABLE}]),
    ),
    "route-never-reached": both(
        connected(workload={"deploymentRef": {"name": "checkout"}, "drain": "1m"}),
        put("route", "spec", "tcp", [{"route": TO_STABLE}, {"match": [{"port": 9000}], "route": TO_STABLE}]),
    ),
    "drain-too-short": both(
        connected(), put("route", "spec", "tcp", [{"match": [{"port": 9000}], "route": TO_STABLE}])
    ),
    "subset-unusable": by_subsets(put("rule", "spec", "subsets", 0, "labels", {"app": "checkout"})),
    "whole-service-named": by_subsets(
        add(named("VirtualService", "other", hosts=["other"], http=[{"route": TO_STABLE}]))
    ),
    "mesh-not-bound": by_subsets(put("route", "spec", "gateways", ["shop/front"])),
    "weight-missing": put("route", *HTTP, [TWO[0], {"destination": {"host": "other"}}]),
    "weights-all-zero": put("route", *HTTP, [{**one, "weight": 0} for one in TWO]),
    "host-incomplete": put("route", *HTTP, [*TWO, {"destination": {"host": "checkout.shop"}, "weight": 0}]),
    "host-claimed-twice": add(named("VirtualService", "other", hosts=["checkout.shop.svc.cluster.local"], http=[])),
    "mesh-claimed-by-both": add(named("HTTPRoute", "checkout", parentRefs=[{"kind": "Service", "name": "checkout"}])),
    "claimed-by-httproute": add(named("HTTPRoute", "checkout", hostnames=["checkout"])),
}


def test_a_good_release_has_no_pitfall() -> None:
    assert found([*GOOD.values()]) == []


@pytest.mark.parametrize("rule", PITFALLS)
def test_a_pitfall_is_found(rule: str) -> None:
    manifests = copy.deepcopy(GOOD)
    PITFALLS[rule](manifests)
    pitfalls = [one for one in found([*manifests.values()]) if one.rule == rule]
    assert len(pitfalls) == 1
    assert re.match(r"[A-Za-z]+ shop/[a-z-]+", pitfalls[0].subject)
    assert len(pitfalls[0].sentence) > 30


def test_every_rule_is_tried_and_told() -> None:
    """Names and severities stand in the documentation as the rules give them."""
    told = dict(re.findall(r"^\| `([a-z-]+)` \| (error|warning) \|", DOCS.read_text(), re.MULTILINE))
    assert told.keys() == PITFALLS.keys()
    assert len(RULES) == len(PITFALLS)
    for rule, change in PITFALLS.items():
        manifests = copy.deepcopy(GOOD)
        change(manifests)
        assert {one.severity for one in found([*manifests.values()]) if one.rule == rule} == {told[rule]}


@pytest.mark.parametrize("kind", ["tls", "tcp"])
@pytest.mark.parametrize(
    ("rule", "weights", "words"),
    [("weight-missing", (100, None), "1 of 2"), ("weights-all-zero", (0, 0), "may crash istiod")],
)
def test_routes_below_http_have_the_same_pitfalls(kind: str, rule: str, weights: Any, words: str) -> None:
    """The place says which list the rule stands in."""
    route = [{**one, "weight": weight} for one, weight in zip(TWO, weights, strict=True)]
    route = [{key: value for key, value in one.items() if value is not None} for one in route]
    virtual_service = named("VirtualService", "basket", hosts=["basket"], **{kind: [{"route": route}]})
    pitfalls = [one for one in found([virtual_service]) if one.rule == rule]
    assert [one.sentence.split()[0] for one in pitfalls] == [f"{kind}[0]"]
    assert words in pitfalls[0].sentence


def test_a_rollout_of_a_tcp_route_is_looked_at_like_any_other() -> None:
    """A preset that can't judge it, and a port that no rule has, in the operator's words."""
    manifests = copy.deepcopy(GOOD)
    manifests["rollout"]["spec"]["traffic"]["istio"]["virtualServices"][0]["tcpRoutes"] = [{"port": 9000}]
    manifests["route"]["spec"]["tcp"] = [{"match": [{"port": 9001}], "route": TO_STABLE}]
    assert [one.rule for one in found([*manifests.values()])] == ["rollout-invalid"]
    connected()(manifests)
    manifests["rollout"]["spec"]["workload"]["drain"] = "45s"
    pitfalls = found([*manifests.values()])
    assert [one.rule for one in pitfalls] == ["route-unusable"]
    assert "no tcp route for port 9000 (there are: tcp[0] (port 9001))" in pitfalls[0].sentence


@pytest.mark.parametrize(
    ("match", "more"),
    [
        ([{"port": 443, "sniHosts": ["a.example.com"]}], None),
        ([{"port": 443, "sniHosts": ["b.example.com", "a.example.com"]}], "takes b.example.com too"),
        ([{"sniHosts": ["a.example.com"]}], "takes any port too"),
        (
            [{"port": 443, "sniHosts": ["a.example.com"]}, {"port": 444, "sniHosts": ["a.example.com"]}],
            "takes port 444",
        ),
    ],
)
def test_a_tls_rule_takes_names_and_ports(match: Any, more: str | None) -> None:
    """Each one that the rollout does not ask for is named."""
    manifests = copy.deepcopy(GOOD)
    connected(workload={"deploymentRef": {"name": "checkout"}, "drain": "1m"})(manifests)
    tls = [{"port": 443, "sniHost": "a.example.com"}]
    manifests["rollout"]["spec"]["traffic"]["istio"]["virtualServices"] = [{"name": "checkout", "tlsRoutes": tls}]
    manifests["route"]["spec"]["tls"] = [{"match": match, "route": TO_STABLE}]
    said = [one.sentence for one in found([*manifests.values()])]
    assert said == [] if more is None else len(said) == 1 and more in said[0]


def test_the_same_policy_for_both_arms_is_none() -> None:
    both = [named("DestinationRule", name, host=name, **POLICY) for name in ("checkout", "checkout-canary")]
    assert found([*GOOD.values(), *both]) == []


def test_a_gateway_of_its_own_shares_no_host() -> None:
    other = named("VirtualService", "other", hosts=["checkout"], gateways=["public"], http=[])
    assert found([*GOOD.values(), other]) == []


def test_matches_that_fit_their_route_are_none() -> None:
    """Labels of callers in the mesh, and a bucket of whom no match has taken."""
    manifests = copy.deepcopy(GOOD)
    matches = [{"sourceLabels": {"app": "basket"}}, {"headers": [{"name": "x-user-id", "exact": "7"}]}]
    put("rollout", "spec", "traffic", "canaryMatches", matches)(manifests)
    put("rollout", "spec", "traffic", "canaryBucket", {"header": "x-user-id"})(manifests)
    put("route", "spec", "gateways", ["shop/front", "mesh"])(manifests)
    assert found([*manifests.values()]) == []


@pytest.mark.parametrize(
    "changes",
    [
        [a_gateway("HTTP", "HTTPS")],
        [],
        [ANOTHER, named("VirtualService", "basket", **{**ROUTE_OF_ANOTHER["spec"], "hosts": ["basket"]})],
    ],
    ids=["with TLS", "a gateway elsewhere", "another host"],
)
def test_a_cookie_that_its_user_keeps_is_none(changes: list[dict[str, Any]]) -> None:
    """At a gateway with TLS, or one that the files don't have; a private cache is the user's own."""
    manifests = copy.deepcopy(GOOD)
    put("rollout", *NAMED)(manifests)
    at_gateway(manifests)
    put("route", "spec", "http", 0, "headers", {"response": {"set": {"cache-control": "private"}}})(manifests)
    assert found([*manifests.values(), *changes]) == []


def an_http_route(name: str = "checkout", **spec: Any) -> dict[str, Any]:
    rule = {"backendRefs": [{"name": name, "port": 80}]}
    whole = {"parentRefs": [{"name": "front"}], "hostnames": ["shop.example.com"], "rules": [rule], **spec}
    return named("HTTPRoute", name, **whole)


def kept_by(name: str, cookie: dict[str, Any]) -> dict[str, Any]:
    """A rollout of an HTTPRoute whose users keep their version."""
    http_routes = {"gatewayAPI": {"httpRoutes": [{"name": name}]}, "stableService": name}
    spec = GOOD["rollout"]["spec"] | {"workload": {"deploymentRef": {"name": name}}}
    return named("CanaryRollout", name, **spec | {"traffic": http_routes | {"stickiness": {"cookie": cookie}}})


def a_front(protocol: str) -> dict[str, Any]:
    return named("Gateway", "front", listeners=[{"protocol": protocol}])


CACHED = {
    "type": "ResponseHeaderModifier",
    "responseHeaderModifier": {"set": [{"name": "Cache-Control", "value": "s"}]},
}


@pytest.mark.parametrize(
    ("manifests", "rules"),
    [
        ([a_front("HTTPS"), an_http_route()], []),
        ([an_http_route()], []),
        ([a_front("HTTP"), an_http_route()], ["cookie-never-returned"]),
        ([a_front("HTTP") | {"apiVersion": "networking.istio.io/v1"}, an_http_route()], []),
        ([an_http_route(parentRefs=[{"kind": "Service", "name": "checkout"}])], ["cookie-in-mesh"]),
        ([an_http_route(rules=[{"filters": [CACHED], **an_http_route()["spec"]["rules"][0]}])], ["cookie-cached"]),
        ([an_http_route(), kept_by("basket", {"name": "a"}), an_http_route("basket")], ["cookie-shared"]),
        (
            [an_http_route(), kept_by("basket", {"name": "a"}), an_http_route("basket", hostnames=["b.example.com"])],
            [],
        ),
    ],
    ids=[
        "with TLS",
        "a gateway elsewhere",
        "without TLS",
        "Istio's of that name",
        "in the mesh",
        "cached",
        "shared",
        "another host",
    ],
)
def test_cookies_of_an_http_route_have_the_same_pitfalls(manifests: list[dict[str, Any]], rules: list[str]) -> None:
    """Gateways and the mesh are its parents, hosts its host names, headers its filters."""
    assert [one.rule for one in found([kept_by("checkout", {"name": "a"}), *manifests])] == rules


def test_tests_that_cannot_be_combined_are_an_unusable_route() -> None:
    """In the words of the condition."""
    manifests = copy.deepcopy(GOOD)
    put("rollout", "spec", "traffic", "canaryMatches", [{"method": "PUT"}])(manifests)
    put("route", "spec", "http", 0, "match", [{"method": {"exact": "GET"}}])(manifests)
    assert ["tests the method already" in one.sentence for one in found([*manifests.values()])] == [True]


def test_what_is_not_there_is_not_spoken_of() -> None:
    assert found([GOOD["rollout"]]) == []


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "spec", "host"]), inner, max_size=2)
    ),
    max_leaves=5,
)


def places(manifest: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = (
        manifest.items() if isinstance(manifest, dict) else enumerate(manifest) if isinstance(manifest, list) else ()
    )
    below = [place for step, inner in entries for place in places(inner, (*way, step))]
    return [way, *below] if way and way[0] not in {"kind", "metadata"} else below


@given(st.data())
def test_no_manifest_is_answered_with_a_traceback(data: st.DataObject) -> None:
    """Anything in the place of any part."""
    manifests = copy.deepcopy(GOOD)
    if (rule := data.draw(st.sampled_from(["route-takes-more", "subset-unusable", None]))) is not None:
        PITFALLS[rule](manifests)
        manifests = copy.deepcopy(manifests)
    name = data.draw(st.sampled_from([*manifests]))
    *way, last = data.draw(st.sampled_from(places(manifests[name])))
    parent: Any = manifests[name]
    for step in way:
        parent = parent[step]
    parent[last] = data.draw(ANYTHING)
    assert isinstance(found([*manifests.values()]), list)


def test_every_virtual_service_of_a_rollout_is_looked_at() -> None:
    """The one that can't be split is named, and where the rollout asks for it."""
    manifests = copy.deepcopy(GOOD)
    manifests["rollout"]["spec"]["traffic"]["istio"]["virtualServices"].append({"name": "mesh", "routes": ["primary"]})
    manifests["mesh"] = named("VirtualService", "mesh", hosts=["mesh"], http=[])
    pitfalls = found([*manifests.values()])
    assert [one.rule for one in pitfalls] == ["route-unusable"]
    assert "VirtualService shop/mesh has no http route named primary" in pitfalls[0].sentence
    assert "virtualServices[1].routes[0]" in pitfalls[0].sentence


def test_every_httproute_of_a_rollout_is_looked_at() -> None:
    """The one that can't be split is named, and where the rollout asks for it."""
    manifests = copy.deepcopy(GOOD)
    del manifests["route"]
    references = [{"name": "checkout"}, {"name": "mesh", "rules": ["primary"]}]
    manifests["rollout"]["spec"]["traffic"] = {"gatewayAPI": {"httpRoutes": references}, "stableService": "checkout"}
    add(named("HTTPRoute", "checkout", rules=[{"backendRefs": [{"name": "checkout", "port": 80}]}]))(manifests)
    manifests["mesh"] = named("HTTPRoute", "mesh", rules=[])
    pitfalls = found([*manifests.values()])
    assert [one.rule for one in pitfalls] == ["route-unusable"]
    assert "HTTPRoute shop/mesh has no rule named primary" in pitfalls[0].sentence
    assert "httpRoutes[1].rules[0]" in pitfalls[0].sentence


def test_an_httproute_for_the_mesh_claims_its_service() -> None:
    """By its parent: it needs no hostname."""
    manifests = copy.deepcopy(GOOD)
    add(named("HTTPRoute", "checkout", parentRefs=[{"group": "", "kind": "Service", "name": "checkout"}]))(manifests)
    claimed = [one for one in found([*manifests.values()]) if one.rule == "mesh-claimed-by-both"]
    assert "claims checkout.shop.svc.cluster.local for the mesh too" in claimed[0].sentence


def test_an_httproute_of_another_namespace_is_for_the_callers_there() -> None:
    """The operator holds nothing because of it either."""
    manifests = copy.deepcopy(GOOD)
    parent = {"kind": "Service", "name": "checkout", "namespace": "shop"}
    add(named("HTTPRoute", "checkout", parentRefs=[parent]))(manifests)
    manifests["0"]["metadata"]["namespace"] = "other"
    assert [one for one in found([*manifests.values()]) if one.rule == "mesh-claimed-by-both"] == []


def test_a_rollout_may_split_an_httproute() -> None:
    """What is wrong with it is told; where all is well, and without the file, nothing is."""
    manifests = copy.deepcopy(GOOD)
    del manifests["route"]
    spec = manifests["rollout"]["spec"]
    spec["traffic"] = {"gatewayAPI": {"httpRoutes": [{"name": "checkout"}]}, "stableService": "checkout"}
    assert found([*manifests.values()]) == []
    backends = [{"name": "checkout", "port": 80}]
    add(named("HTTPRoute", "checkout", rules=[{"backendRefs": backends}]))(manifests)
    assert found([*manifests.values()]) == []
    spec["traffic"]["canaryMatches"] = [{"path": {"prefix": "/cart"}}]
    assert found([*manifests.values()]) == []
    backends.append({"name": "checkout", "port": 81})
    assert [(one.rule, one.severity) for one in found([*manifests.values()])] == [("route-unusable", "error")]
    backends[1] = {"name": "legacy", "weight": "5%"}
    assert "spec.rules[0].backendRefs[1].weight '5%'" in found([*manifests.values()])[0].sentence


@pytest.mark.parametrize(("env", "where"), [([], "what stable writes to"), (["DB_DSN", "PORT"], "what DB_DSN of the")])
def test_a_mirror_of_orders_says_where_they_go(env: list[str], where: str) -> None:
    """By the variables that are called as stores are; the rule about reads has nothing to add."""
    manifests = copy.deepcopy(GOOD)
    put("rollout", *MIRRORED)(manifests)
    put("rollout", "spec", "traffic", "mirror", {"allowUnsafe": True})(manifests)
    put("deployment", *CONTAINERS, 0, "env", [{"name": name, "value": "x"} for name in env])(manifests)
    pitfalls = found([*manifests.values()])
    assert [one.rule for one in pitfalls] == ["mirror-unsafe"]
    assert where in pitfalls[0].sentence


def test_a_mirror_that_reads_no_store_is_no_pitfall() -> None:
    manifests = copy.deepcopy(GOOD)
    put("rollout", *MIRRORED)(manifests)
    assert found([*manifests.values()]) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("rule", "spec", "host", "basket"), "is for the host basket"),
        (put("rule", "spec", "subsets", [{"name": 5}]), "DestinationRule shop/checkout: spec.subsets[0].name 5"),
        (put("rule", "spec", "subsets", []), "has no subset stable"),
        (put("service", "spec", "selector", {"app": "checkout", "version": "v1"}), "Service checkout"),
    ],
)
def test_subsets_of_no_use_are_told_in_the_operators_words(change: Any, words: str) -> None:
    """As far as the files say."""
    manifests = copy.deepcopy(GOOD)
    by_subsets(change)(manifests)
    pitfalls = found([*manifests.values()])
    assert [one.rule for one in pitfalls] == ["subset-unusable"]
    assert words in pitfalls[0].sentence


@pytest.mark.parametrize("left_out", ["rule", "service", "deployment", "route"])
def test_good_subsets_are_no_pitfall_whatever_the_files_have(left_out: str) -> None:
    """Who looks for one that is not there says nothing."""
    manifests = copy.deepcopy(GOOD)
    by_subsets()(manifests)
    assert found([*manifests.values()]) == []
    del manifests[left_out]
    assert found([*manifests.values()]) == []
