"""The port on an API server in memory: what is read, what is written, and what happens when somebody else writes."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.carriers import HTTP_ROUTE
from canary_operator.core.world import Missing, Problem, Route, Unknown
from canary_operator.errors import Conflict, Gone, InvalidCanary
from canary_operator.ports import Target, Traffic
from canary_operator.providers.objects import Object, Rival
from canary_operator.providers.resources import HTTP_ROUTES
from canary_operator.providers.traffic.gateway_api.apply import GatewayAPITraffic
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.gateway_api.shapes import a_backend, a_route, a_rule, weights_of
from tests.providers.traffic.istio.shapes import a_mirror, a_weight, rolled_back
from tests.providers.traffic.istio.strategies import MATCHES

KEY = ("httproutes", "shop", "checkout")
PLAIN = a_route(a_rule(a_backend("checkout", 1), name="primary"), annotations={"theirs": "1"})


def a_target(name: str = "checkout", rules: list[str] | None = None, **traffic: Any) -> Target:
    reference = {"name": "checkout"} | ({"rules": rules} if rules else {})
    spec = {
        "revision": "v2",
        "traffic": {"gatewayAPI": {"httpRoutes": [reference]}, "stableService": "checkout", **traffic},
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
    }
    return Target("shop", name, f"uid-{name}", Spec.model_validate(spec))


@dataclass(slots=True)
class Mesh:
    """A cluster with one HTTPRoute, its watched copy, and the provider that is tested."""

    kubernetes: InMemoryKubernetes = field(default_factory=InMemoryKubernetes)
    store: MemoryObjects = field(default_factory=MemoryObjects)

    def holding(self, body: Object) -> "Mesh":
        self.kubernetes.seed(HTTP_ROUTES, body)
        self.store.put(HTTP_ROUTES, copy.deepcopy(self.live))
        return self

    @property
    def traffic(self) -> Traffic:
        return GatewayAPITraffic(self.kubernetes, self.store)

    @property
    def live(self) -> Any:
        return self.kubernetes.objects[KEY]

    def somebody_else(self, change: Callable[[Any], None]) -> None:
        """Writes to the cluster; no watch has told the store yet."""
        body = copy.deepcopy(self.live)
        change(body)
        self.kubernetes.seed(HTTP_ROUTES, body)

    def somebody_deletes(self) -> None:
        del self.kubernetes.objects[KEY]


@pytest.fixture
def mesh() -> Mesh:
    return Mesh().holding(PLAIN)


def a_label(body: Any) -> None:
    body["metadata"]["labels"] = {"team": "payments"}


async def test_a_look_asks_nobody(mesh: Mesh) -> None:
    """It reads the store only."""
    assert await mesh.traffic.look(a_target()) == Route(Fraction(0), None, carrier=HTTP_ROUTE)
    assert mesh.kubernetes.calls == []


async def test_a_look_tells_missing_from_unknown() -> None:
    """Before the first list is complete, absence means nothing."""
    mesh = Mesh()
    assert await mesh.traffic.look(a_target()) == Missing("HTTPRoute shop/checkout")
    mesh.store.listed = False
    assert isinstance(await mesh.traffic.look(a_target()), Unknown)


async def test_a_cluster_without_http_routes_is_told_so() -> None:
    """The condition names what is to be installed; a rollback and a restore there find nothing to do."""
    mesh = Mesh()
    mesh.store.listed, mesh.store.unserved = False, {HTTP_ROUTES}
    found = await mesh.traffic.look(a_target())
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_NOT_FOUND
    assert (
        "does not serve httproutes.gateway.networking.k8s.io v1, or does not let the operator list them; install"
        in found.message
    )
    await mesh.traffic.set_weight(a_target(), rolled_back())
    await mesh.traffic.restore(a_target())


async def test_a_whole_run_leaves_nothing_behind(mesh: Mesh) -> None:
    """Raise, raise, take back, restore: the object is as it was, but for its version."""
    before = copy.deepcopy(mesh.live)
    for order in (a_weight(5), a_weight(25), rolled_back()):
        await mesh.traffic.set_weight(a_target(), order)
        await mesh.traffic.set_weight(a_target(), order)
        found = await mesh.traffic.look(a_target())
        assert isinstance(found, Route)
        assert found.share == order.weight
    await mesh.traffic.restore(a_target())
    assert len(mesh.kubernetes.writes) == 4
    assert (mesh.live["spec"], mesh.live["metadata"]["annotations"]) == (before["spec"], {"theirs": "1"})


async def test_a_raise_over_somebodys_edit_is_a_conflict(mesh: Mesh) -> None:
    """It is decided anew on what is there now; a rollback lands on any version."""
    await mesh.traffic.set_weight(a_target(), a_weight(5))
    mesh.somebody_else(a_label)
    with pytest.raises(Conflict):
        await mesh.traffic.set_weight(a_target(), a_weight(25))
    mesh.somebody_else(a_label)
    await mesh.traffic.set_weight(a_target(), rolled_back())
    assert weights_of(mesh.live) == {"checkout": 100, "checkout-canary": 0}
    assert mesh.live["metadata"]["labels"] == {"team": "payments"}


async def test_a_raise_over_a_share_that_was_not_decided_on_is_a_conflict(mesh: Mesh) -> None:
    """Somebody pulled the traffic between the look and the write."""
    await mesh.traffic.set_weight(a_target(), a_weight(5))
    with pytest.raises(Conflict, match="5%"):
        await mesh.traffic.set_weight(a_target(), a_weight(50, decided_on=Fraction(1, 4)))


async def test_a_rollback_never_lands_on_another_rule(mesh: Mesh) -> None:
    """Somebody put one before ours, and no watch has told us yet."""
    await mesh.traffic.set_weight(a_target(rules=["primary"]), a_weight(25))
    mesh.somebody_else(lambda body: body["spec"]["rules"].insert(0, a_rule(a_backend("cart", 3), name="cart")))
    with pytest.raises(Conflict):
        await mesh.traffic.set_weight(a_target(rules=["primary"]), rolled_back())
    await mesh.traffic.set_weight(a_target(rules=["primary"]), rolled_back())
    assert weights_of(mesh.live, 0) == {"cart": 3}
    assert weights_of(mesh.live, 1) == {"checkout": 100, "checkout-canary": 0}


async def test_what_is_gone_needs_no_rollback_and_no_restore(mesh: Mesh) -> None:
    """Only what brings the canary requests needs a route."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    mesh.somebody_deletes()
    await mesh.traffic.set_weight(a_target(), rolled_back())
    await mesh.traffic.restore(a_target())
    for order in (a_weight(50), a_weight(0, matches=MATCHES[:1]), a_weight(0, copies=a_mirror(20))):
        with pytest.raises(Gone):
            await mesh.traffic.set_weight(a_target(), order)


async def test_a_restore_of_what_was_just_deleted_is_done(mesh: Mesh) -> None:
    """The store still had it."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    mesh.somebody_deletes()
    await mesh.traffic.restore(a_target())
    assert mesh.store.get(HTTP_ROUTES, "shop", "checkout") is None


async def test_a_problem_is_told_to_the_user(mesh: Mesh) -> None:
    """A raise that can't be written says what to do."""
    with pytest.raises(InvalidCanary, match="has no rule named secondary"):
        await mesh.traffic.set_weight(a_target(rules=["secondary"]), a_weight(5))


@pytest.mark.parametrize(
    ("order", "tests"),
    [
        (a_weight(50), ["/metadata/resourceVersion", "name", "name", "name"]),
        (a_weight(0, Purpose.RELEASE), ["/metadata/resourceVersion", "name", "name", "name"]),
        (rolled_back(), ["/metadata/annotations/canary-operator.dev~1route", "name", "name", "name"]),
    ],
)
async def test_what_a_patch_tests(mesh: Mesh, order: SetWeight, tests: list[str]) -> None:
    """A rollback tests our annotation, the rule's name and both backends; everything else the version."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    await mesh.traffic.set_weight(a_target(), order)
    paths = [each["path"] for each in mesh.kubernetes.writes[-1].operations if each["op"] == "test"]
    assert [path if path.startswith("/metadata") else path.rpartition("/")[2] for path in paths] == tests


async def test_a_rival_for_the_host_hinders_the_route(mesh: Mesh) -> None:
    """Both are named with the host and the cure."""
    rival = Rival("checkout.shop.svc.cluster.local", "VirtualService", "shop", "other")
    mesh.store.contesting[HTTP_ROUTES, "shop", "checkout"] = (rival,)
    found = await mesh.traffic.look(a_target())
    assert isinstance(found, Route)
    assert found.hindrance is not None
    assert found.hindrance.reason == reasons.HOST_CLAIMED_TWICE
    assert "VirtualService shop/other claims" in found.hindrance.message
    assert "and so does HTTPRoute shop/checkout: " in found.hindrance.message


async def test_testers_that_cannot_be_told_apart_are_refused_by_the_first_look(mesh: Mesh) -> None:
    """Before any run, because the spec asks for them."""
    match = [{"path": {"type": "PathPrefix", "value": "/"}, "method": "GET"}]
    mesh.holding(a_route(a_rule(a_backend("checkout", 1), name="primary", matches=match)))
    found = await mesh.traffic.look(a_target(canaryMatches=[{"method": "PUT"}]))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_UNSUPPORTED
    assert "tests the method already, and traffic.canaryMatches[0] tests it too" in found.message


async def test_testers_go_in_the_very_patch_of_a_rollback(mesh: Mesh) -> None:
    """Weight 0 and no rule of ours, by one write, whatever version of the object is there."""
    target = a_target(rules=["primary"], canaryMatches=[{"method": "PUT"}])
    await mesh.traffic.set_weight(target, a_weight(5, matches=target.spec.traffic.canary_matches or ()))
    assert [rule["name"] for rule in mesh.live["spec"]["rules"]] == ["canary-operator-match-1-checkout", "primary"]
    mesh.somebody_else(lambda body: body["metadata"].update(labels={"theirs": "2"}))
    await mesh.traffic.set_weight(target, rolled_back())
    assert [rule["name"] for rule in mesh.live["spec"]["rules"]] == ["primary"]
    assert weights_of(mesh.live) == {"checkout": 100, "checkout-canary": 0}


async def test_a_rule_of_ours_that_was_taken_since_the_look_is_not_written_again(mesh: Mesh) -> None:
    """Only a person's word brings it back."""
    target = a_target(rules=["primary"], canaryMatches=[{"method": "PUT"}])
    matches = target.spec.traffic.canary_matches or ()
    await mesh.traffic.set_weight(target, a_weight(5, matches=matches))
    mesh.somebody_else(lambda body: body["spec"]["rules"].pop(0))
    mesh.holding(mesh.live)
    with pytest.raises(Conflict, match=r"canary-operator-match-1-checkout was taken away or changed by now"):
        await mesh.traffic.set_weight(target, a_weight(25, matches=matches, decided_on=Fraction(1, 20)))
