"""Who delegates to whom and who claims a host, whatever order the news comes in."""

from typing import Any

from canary_operator.operator.references import Reference
from canary_operator.operator.surroundings import Surroundings
from canary_operator.providers.objects import Rival
from canary_operator.providers.resources import DEPLOYMENTS, HTTP_ROUTES, VIRTUAL_SERVICES
from tests.operator.bodies import a_body, a_virtual_service

LEAF, OTHER = Reference(VIRTUAL_SERVICES, "shop", "leaf"), Reference(VIRTUAL_SERVICES, "eu", "leaf")
ROOT, ROUTE = Reference(VIRTUAL_SERVICES, "shop", "edge"), Reference(HTTP_ROUTES, "shop", "checkout")
HOST = "checkout.shop.svc.cluster.local"


def a_root(*delegates: dict[str, str], name: str = "edge", **spec: Any) -> dict[str, Any]:
    return a_virtual_service(name, spec={"http": [{"delegate": each} for each in delegates], **spec})


def a_route(*parents: dict[str, str]) -> dict[str, Any]:
    return a_body(HTTP_ROUTES, "checkout", spec={"parentRefs": list(parents)})


def test_a_root_is_known_by_its_delegates() -> None:
    """Two rules to the same delegate are one root, and whoever is concerned by a change is told."""
    around = Surroundings()
    root = a_root({"name": "leaf"}, {"name": "leaf"}, {"name": "leaf", "namespace": "eu"})
    assert around.learn(VIRTUAL_SERVICES, root) == {LEAF, OTHER}
    assert around.roots(LEAF.key) == around.roots(OTHER.key) == (("shop", "edge"),)
    assert around.learn(VIRTUAL_SERVICES, a_root({"name": "leaf"})) == {OTHER}
    assert around.roots(OTHER.key) == ()
    assert around.learn(VIRTUAL_SERVICES, a_root({"name": "leaf"})) == set()


def test_a_root_that_is_gone_delegates_nothing() -> None:
    """By its deletion, or because a list does not have it any more."""
    around = Surroundings()
    for name in ("edge", "mesh"):
        around.learn(VIRTUAL_SERVICES, a_root({"name": "leaf"}, name=name))
    assert around.forget(VIRTUAL_SERVICES, ("shop", "edge")) == {LEAF}
    assert around.roots(LEAF.key) == (("shop", "mesh"),)
    assert around.keep(VIRTUAL_SERVICES, {("shop", "edge")}) == {LEAF}
    assert around.roots(LEAF.key) == ()


def test_other_kinds_say_nothing_of_routes() -> None:
    around = Surroundings()
    assert around.learn(DEPLOYMENTS, a_body(DEPLOYMENTS, "checkout")) == set()
    assert around.forget(DEPLOYMENTS, ("shop", "checkout")) == around.keep(DEPLOYMENTS, {}) == set()


def test_two_kinds_that_claim_a_host_for_the_mesh_are_rivals() -> None:
    """Each hears of the other; a short host is that of its namespace."""
    around = Surroundings()
    service = {"group": "", "kind": "Service", "name": "checkout"}
    assert around.learn(HTTP_ROUTES, a_route(service)) == {ROUTE}
    assert list(around.rivals(HTTP_ROUTES, ROUTE.key)) == []
    assert around.learn(VIRTUAL_SERVICES, a_root(hosts=["checkout", "shop.example.com"])) == {ROUTE, ROOT}
    assert list(around.rivals(HTTP_ROUTES, ROUTE.key)) == [Rival(HOST, "VirtualService", "shop", "edge")]
    assert list(around.rivals(VIRTUAL_SERVICES, ROOT.key)) == [Rival(HOST, "HTTPRoute", "shop", "checkout")]
    assert around.forget(HTTP_ROUTES, ROUTE.key) == {ROOT}
    assert list(around.rivals(VIRTUAL_SERVICES, ROOT.key)) == []


def test_a_delegate_claims_what_its_root_claims() -> None:
    """Which it hears of, whoever comes first."""
    around = Surroundings()
    around.learn(VIRTUAL_SERVICES, a_root({"name": "leaf"}, hosts=["checkout"]))
    assert around.learn(HTTP_ROUTES, a_route({"kind": "Service", "name": "checkout"})) == {ROUTE, ROOT, LEAF}
    assert list(around.rivals(VIRTUAL_SERVICES, LEAF.key)) == [Rival(HOST, "HTTPRoute", "shop", "checkout")]
    assert LEAF in around.learn(VIRTUAL_SERVICES, a_root({"name": "leaf"}, hosts=["checkout"], gateways=["edge"]))
    assert list(around.rivals(VIRTUAL_SERVICES, LEAF.key)) == []


def test_what_is_not_for_the_same_callers_is_no_rival() -> None:
    """Gateways of the two kinds are different objects, and a Service of another namespace is for callers from here."""
    around = Surroundings()
    around.learn(VIRTUAL_SERVICES, a_root(hosts=["checkout"], gateways=["shop/front"]))
    around.learn(VIRTUAL_SERVICES, a_root(name="eu", hosts=["checkout.eu.svc.cluster.local"], gateways=["mesh"]))
    parents = [{"kind": "Gateway", "name": "front"}, {"kind": "Service", "name": "checkout", "namespace": "eu"}]
    around.learn(HTTP_ROUTES, a_route(*parents, {"kind": "Service", "name": "checkout"}))
    assert list(around.rivals(VIRTUAL_SERVICES, ROOT.key)) == []
    assert list(around.rivals(VIRTUAL_SERVICES, ("shop", "eu"))) == []
    assert list(around.rivals(HTTP_ROUTES, ROUTE.key)) == []
