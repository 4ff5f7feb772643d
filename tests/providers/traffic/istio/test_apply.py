"""The port on an API server in memory: what is read, what is written, and what happens when somebody else writes."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.matches import CanaryMatch
from canary_operator.api.rollout import Spec
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Missing, Problem, Route, Unknown
from canary_operator.errors import Conflict, Gone, InvalidCanary, Refused, Unavailable
from canary_operator.ports import Target
from canary_operator.ports import Traffic as TrafficPort
from canary_operator.providers.objects import Object, Rival
from canary_operator.providers.resources import VIRTUAL_SERVICES
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.istio.shapes import (
    a_destination,
    a_rule,
    a_virtual_service,
    a_weight,
    rolled_back,
    weights_of,
)

OWN = {"name": "resets", "promQL": "resets{s='$service'}", "outOf": "closed{s='$service'}", "max": "1%"}
KEY = ("virtualservices", "shop", "checkout")
PLAIN = a_virtual_service(a_rule(a_destination("checkout"), name="primary"), annotations={"theirs": "1"})


def a_target(name: str = "checkout", routes: list[str] | None = None, port: int | None = None) -> Target:
    """`port` is that of a tcp route."""
    asked = {"routes": routes, "tcpRoutes": [{"port": port}] if port else None}
    reference: dict[str, Any] = {"name": "checkout", **{key: value for key, value in asked.items() if value}}
    spec = {
        "revision": "v2",
        "traffic": {"istio": {"virtualServices": [reference]}, "stableService": "checkout"},
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [OWN]},
    }
    return Target("shop", name, f"uid-{name}", Spec.model_validate(spec))


@dataclass(slots=True)
class Mesh:
    """A cluster with one VirtualService, its watched copy, and the provider that is tested."""

    kubernetes: InMemoryKubernetes = field(default_factory=InMemoryKubernetes)
    store: MemoryObjects = field(default_factory=MemoryObjects)

    def holding(self, body: Object) -> "Mesh":
        self.kubernetes.seed(VIRTUAL_SERVICES, body)
        self.store.put(VIRTUAL_SERVICES, copy.deepcopy(self.live))
        return self

    @property
    def traffic(self) -> TrafficPort:
        return IstioTraffic(self.kubernetes, self.store)

    @property
    def copy(self) -> Object | None:
        """What the store holds."""
        return self.store.get(VIRTUAL_SERVICES, "shop", "checkout")

    @property
    def live(self) -> Any:
        return self.kubernetes.objects[KEY]

    def somebody_else(self, change: Callable[[Any], None]) -> None:
        """Writes to the cluster; no watch has told the store yet."""
        body = copy.deepcopy(self.live)
        change(body)
        self.kubernetes.seed(VIRTUAL_SERVICES, body)

    def somebody_deletes(self) -> None:
        del self.kubernetes.objects[KEY]

    @property
    def patches(self) -> int:
        return len(self.kubernetes.writes)


@pytest.fixture
def mesh() -> Mesh:
    return Mesh().holding(PLAIN)


def a_label(body: Any) -> None:
    body["metadata"]["labels"] = {"team": "payments"}


async def share(mesh: Mesh) -> Fraction:
    found = await mesh.traffic.look(a_target())
    assert isinstance(found, Route)
    return found.share


async def test_a_look_asks_nobody(mesh: Mesh) -> None:
    """It reads the store only."""
    assert await mesh.traffic.look(a_target()) == Route(Fraction(0), None)
    assert mesh.kubernetes.calls == []


async def test_a_look_tells_missing_from_unknown() -> None:
    """Before the first list is complete, absence means nothing."""
    mesh = Mesh()
    assert await mesh.traffic.look(a_target()) == Missing("VirtualService shop/checkout")
    mesh.store.listed = False
    assert isinstance(await mesh.traffic.look(a_target()), Unknown)


async def test_a_look_returns_problems(mesh: Mesh) -> None:
    """What a person must repair is a value."""
    found = await mesh.traffic.look(a_target(routes=["secondary"]))
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_NOT_FOUND


async def test_a_weight_is_written_once_and_known_at_once(mesh: Mesh) -> None:
    """The answer goes into the store, so the next look sees it, and the same order writes nothing."""
    await mesh.traffic.set_weight(a_target(), a_weight(5))
    assert await share(mesh) == Fraction(1, 20)
    await mesh.traffic.set_weight(a_target(), a_weight(5))
    assert mesh.patches == 1
    assert mesh.copy == mesh.live


async def test_a_whole_run_leaves_nothing_behind(mesh: Mesh) -> None:
    """Up, back to 0 and restored: spec, labels and annotations are those of the user."""
    for order in (a_weight("0.5"), a_weight(50), a_weight(100), rolled_back()):
        await mesh.traffic.set_weight(a_target(), order)
        assert await share(mesh) == order.weight
    await mesh.traffic.restore(a_target())
    await mesh.traffic.restore(a_target())
    assert mesh.live["spec"] == PLAIN["spec"]
    assert mesh.live["metadata"]["annotations"] == {"theirs": "1"}
    assert mesh.patches == 5


async def test_two_rollouts_share_a_virtual_service() -> None:
    """Each splits its own route and gives back its own."""
    http = [a_rule(a_destination("checkout"), name=name) for name in ("primary", "cart")]
    mesh = Mesh().holding(a_virtual_service(*http))
    one, two = a_target(routes=["primary"]), a_target("cart", routes=["cart"])
    await mesh.traffic.set_weight(one, a_weight(5))
    await mesh.traffic.set_weight(two, a_weight(25))
    taken = await mesh.traffic.look(a_target("late", routes=["cart"]))
    assert isinstance(taken, Problem)
    assert taken.reason == reasons.ROUTE_TAKEN
    await mesh.traffic.restore(one)
    assert weights_of(mesh.live, 0) == {"checkout": None}
    assert weights_of(mesh.live, 1) == {"checkout": 75, "checkout-canary": 25}


async def test_a_raise_over_somebodys_edit_is_a_conflict(mesh: Mesh) -> None:
    """It was decided on another object; the new one is in the store for the next decision."""
    mesh.kubernetes.before_write = lambda: mesh.somebody_else(a_label)
    with pytest.raises(Conflict):
        await mesh.traffic.set_weight(a_target(), a_weight(5))
    assert mesh.copy == mesh.live
    await mesh.traffic.set_weight(a_target(), a_weight(5))
    assert await share(mesh) == Fraction(1, 20)


async def test_a_raise_over_a_share_that_was_not_decided_on_is_a_conflict(mesh: Mesh) -> None:
    """The store heard of somebody's pull between look and write; a fall needs no such care."""
    await mesh.traffic.set_weight(a_target(), replace(a_weight(25), decided_on=Fraction(0)))
    await mesh.traffic.set_weight(a_target(), a_weight(5))
    with pytest.raises(Conflict, match="5%"):
        await mesh.traffic.set_weight(a_target(), replace(a_weight(50), decided_on=Fraction(1, 4)))
    assert await share(mesh) == Fraction(1, 20)
    await mesh.traffic.set_weight(a_target(), replace(a_weight(1), decided_on=Fraction(1, 4)))
    assert await share(mesh) == Fraction(1, 100)


async def test_a_rollback_lands_on_any_version(mesh: Mesh) -> None:
    """Other writers can't make it try again, and their edits stay."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    mesh.kubernetes.before_write = lambda: mesh.somebody_else(a_label)
    await mesh.traffic.set_weight(a_target(), rolled_back())
    assert await share(mesh) == 0
    assert mesh.live["metadata"]["labels"] == {"team": "payments"}


async def test_a_rollback_takes_inserted_rules_along_on_any_version(mesh: Mesh) -> None:
    """One patch, which another writer can't make try again: the rules are tested by their names."""
    testers = (CanaryMatch.model_validate({"headers": [{"name": "x-canary", "exact": "1"}]}),)
    await mesh.traffic.set_weight(a_target(), a_weight(25, matches=testers))
    mesh.kubernetes.before_write = lambda: mesh.somebody_else(a_label)
    await mesh.traffic.set_weight(a_target(), rolled_back())
    assert [rule["name"] for rule in mesh.live["spec"]["http"]] == ["primary"]
    assert mesh.live["metadata"]["labels"] == {"team": "payments"}


async def test_a_raise_over_rules_that_somebody_just_took_away_is_a_conflict(mesh: Mesh) -> None:
    """It was decided on when they stood; with a person's word they are written again."""
    testers = (CanaryMatch.model_validate({"method": "PUT"}),)
    await mesh.traffic.set_weight(a_target(), a_weight(5, matches=testers))
    mesh.somebody_else(lambda live: live["spec"]["http"].pop(0))
    mesh.store.put(VIRTUAL_SERVICES, copy.deepcopy(mesh.live))
    order = replace(a_weight(25, matches=testers), decided_on=Fraction(1, 20))
    with pytest.raises(Conflict, match="canary-operator-match-1-checkout was taken away"):
        await mesh.traffic.set_weight(a_target(), order)
    await mesh.traffic.set_weight(a_target(), replace(order, lost=("canary-operator-match-1-checkout",)))
    assert await share(mesh) == Fraction(1, 4)


async def test_testers_need_the_virtual_service(mesh: Mesh) -> None:
    """At weight 0 too."""
    mesh.somebody_deletes()
    testers = (CanaryMatch.model_validate({"method": "PUT"}),)
    with pytest.raises(Gone):
        await mesh.traffic.set_weight(a_target(), a_weight(0, matches=testers))


async def test_a_rollback_never_lands_on_another_rule(mesh: Mesh) -> None:
    """Somebody moved our rule meanwhile: read again, and the next try finds it."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    first = a_rule(a_destination("checkout", 1), a_destination("checkout-canary", 1), name="first")
    mesh.kubernetes.before_write = lambda: mesh.somebody_else(lambda body: body["spec"]["http"].insert(0, first))
    with pytest.raises(Conflict):
        await mesh.traffic.set_weight(a_target(routes=["primary"]), rolled_back())
    await mesh.traffic.set_weight(a_target(routes=["primary"]), rolled_back())
    assert weights_of(mesh.live, 0) == {"checkout": 1, "checkout-canary": 1}
    assert weights_of(mesh.live, 1) == {"checkout": 100, "checkout-canary": 0}


async def test_a_rollback_never_lands_on_another_port() -> None:
    """A tcp rule has no name, and its neighbours often have the same hosts: it is known by its match."""
    half = [a_destination("checkout", 1), a_destination("checkout-canary", 1)]
    ours, first = (a_rule(*half, match=[{"port": port}]) for port in (9000, 9001))
    mesh = Mesh().holding(a_virtual_service(annotations={"theirs": "1"}, tcp=[ours]))
    await mesh.traffic.set_weight(a_target(port=9000), a_weight(25))
    mesh.kubernetes.before_write = lambda: mesh.somebody_else(lambda body: body["spec"]["tcp"].insert(0, first))
    with pytest.raises(Conflict):
        await mesh.traffic.set_weight(a_target(port=9000), rolled_back())
    await mesh.traffic.set_weight(a_target(port=9000), rolled_back())
    assert weights_of(mesh.live, 0, "tcp") == {"checkout": 1, "checkout-canary": 1}
    assert weights_of(mesh.live, 1, "tcp") == {"checkout": 100, "checkout-canary": 0}
    await mesh.traffic.restore(a_target(port=9000))
    assert weights_of(mesh.live, 1, "tcp") == {"checkout": 2, "checkout-canary": 0}


async def test_a_rollback_keeps_annotations_that_appear_meanwhile() -> None:
    """Where there was none, ours would replace the whole map: then, and only then, the version is tested."""
    mesh = Mesh().holding(a_virtual_service(a_rule(a_destination("checkout", 3), a_destination("checkout-canary", 1))))

    def annotate(body: Any) -> None:
        body["metadata"]["annotations"] = {"theirs": "1"}

    mesh.kubernetes.before_write = lambda: mesh.somebody_else(annotate)
    with pytest.raises(Conflict):
        await mesh.traffic.set_weight(a_target(), rolled_back())
    await mesh.traffic.set_weight(a_target(), rolled_back())
    assert mesh.live["metadata"]["annotations"]["theirs"] == "1"
    assert await share(mesh) == 0


@pytest.mark.parametrize("there_before", [True, False])
async def test_a_rollback_does_not_undo_another_rollouts_record(*, there_before: bool) -> None:
    """Its entry stands in the same value, so the value is tested, even if ours was alone in it when it was read."""
    http = [a_rule(a_destination("checkout"), name=name) for name in ("primary", "cart")]
    mesh = Mesh().holding(a_virtual_service(*http))
    one, two = a_target(routes=["primary"]), a_target("cart", routes=["cart"])
    await mesh.traffic.set_weight(one, a_weight(5))
    if there_before:
        await mesh.traffic.set_weight(two, a_weight(5))
    stale = Mesh(mesh.kubernetes, MemoryObjects(dict(mesh.store.bodies)))
    await mesh.traffic.set_weight(two, a_weight(25))
    with pytest.raises(Conflict):
        await stale.traffic.set_weight(one, rolled_back())
    await stale.traffic.set_weight(one, rolled_back())
    found = await stale.traffic.look(two)
    assert isinstance(found, Route)
    assert found.record is not None
    assert (found.share, found.record.weight) == (Fraction(1, 4), Fraction(1, 4))


async def test_a_restore_over_somebodys_edit_is_a_conflict(mesh: Mesh) -> None:
    """It is tried again on the object as it is then."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    mesh.kubernetes.before_write = lambda: mesh.somebody_else(a_label)
    with pytest.raises(Conflict):
        await mesh.traffic.restore(a_target())
    await mesh.traffic.restore(a_target())
    assert mesh.live["spec"] == PLAIN["spec"]
    assert mesh.live["metadata"]["labels"] == {"team": "payments"}


async def test_what_is_gone_needs_no_rollback_and_no_restore(mesh: Mesh) -> None:
    """Deleted since the last watch event: success, and the store forgets it."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    mesh.kubernetes.before_write = mesh.somebody_deletes
    await mesh.traffic.set_weight(a_target(), rolled_back())
    assert mesh.copy is None
    await mesh.traffic.set_weight(a_target(), a_weight(0, Purpose.RELEASE))
    await mesh.traffic.restore(a_target())


async def test_a_restore_of_what_was_just_deleted_is_done(mesh: Mesh) -> None:
    """The deletion is found by the patch itself."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    mesh.kubernetes.before_write = mesh.somebody_deletes
    await mesh.traffic.restore(a_target())
    assert mesh.copy is None


async def test_a_raise_needs_the_virtual_service(mesh: Mesh) -> None:
    """Deleted meanwhile is a conflict, found by the patch and found by the store."""
    mesh.kubernetes.before_write = mesh.somebody_deletes
    for _ in range(2):
        with pytest.raises(Gone):
            await mesh.traffic.set_weight(a_target(), a_weight(5))
        assert mesh.copy is None


async def test_what_was_deleted_and_created_again_is_decided_on_anew(mesh: Mesh) -> None:
    """A patch that finds nothing is no success while a new object may send to the canary."""

    def absent_for_a_moment() -> None:
        raise Gone("deleted just now, and created again just after")

    await mesh.traffic.set_weight(a_target(), a_weight(25))
    mesh.kubernetes.before_write = absent_for_a_moment
    with pytest.raises(Conflict) as caught:
        await mesh.traffic.set_weight(a_target(), rolled_back())
    assert not isinstance(caught.value, Gone)


async def test_a_rollback_does_not_wait_for_the_first_list(mesh: Mesh) -> None:
    """A process that has just started asks the API server for the one object."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    fresh = Mesh(mesh.kubernetes, MemoryObjects(listed=False))
    await fresh.traffic.set_weight(a_target(), rolled_back())
    assert weights_of(mesh.live) == {"checkout": 100, "checkout-canary": 0}


async def test_a_problem_is_told_to_the_user(mesh: Mesh) -> None:
    """A write that the route can't take raises the reason and sentence of the look."""
    target = a_target(routes=["secondary"])
    with pytest.raises(InvalidCanary) as caught:
        await mesh.traffic.set_weight(target, a_weight(5))
    assert await mesh.traffic.look(target) == Problem(caught.value.reason, caught.value.message)
    assert mesh.patches == 0


@pytest.mark.parametrize("error", [Unavailable("no answer"), Refused("the webhook said no")])
async def test_errors_of_the_outside_pass_through(mesh: Mesh, error: Unavailable) -> None:
    """Nothing is put into the store, and nothing is read again."""

    def fail() -> None:
        raise error

    before = mesh.copy
    mesh.kubernetes.before_write = fail
    with pytest.raises(type(error)):
        await mesh.traffic.set_weight(a_target(), a_weight(5))
    assert mesh.copy is before
    assert [call.verb for call in mesh.kubernetes.calls] == ["patch"]


@pytest.mark.parametrize(
    ("order", "tests"),
    [
        (a_weight(50), ["/metadata/resourceVersion", "name", "host", "host"]),
        (a_weight(0, Purpose.RELEASE), ["/metadata/resourceVersion", "name", "host", "host"]),
        (rolled_back(), ["/metadata/annotations/canary-operator.dev~1route", "name", "host", "host"]),
    ],
)
async def test_what_a_patch_tests(mesh: Mesh, order: SetWeight, tests: list[str]) -> None:
    """A rollback tests our annotation, the rule's name and both hosts; everything else the version."""
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    await mesh.traffic.set_weight(a_target(), order)
    paths = [each["path"] for each in mesh.kubernetes.writes[-1].operations if each["op"] == "test"]
    assert [path if path.startswith("/metadata") else path.rpartition("/")[2] for path in paths] == tests


async def test_a_rival_for_the_host_hinders_the_route(mesh: Mesh) -> None:
    """Both are named with the host and the cure; what the route says is known all the same."""
    rival = Rival("checkout.shop.svc.cluster.local", "HTTPRoute", "shop", "other")
    mesh.store.contesting[VIRTUAL_SERVICES, "shop", "checkout"] = (rival,)
    found = await mesh.traffic.look(a_target())
    assert isinstance(found, Route)
    assert found.hindrance is not None
    assert found.hindrance.reason == reasons.HOST_CLAIMED_TWICE
    named = "HTTPRoute shop/other claims checkout.shop.svc.cluster.local for the mesh, and so does VirtualService shop/"
    assert found.hindrance.message.startswith(named)


async def test_a_rival_hinders_each_of_several_rules() -> None:
    """Whatever is read of them together."""
    rules = (a_rule(a_destination("checkout"), name=name) for name in ("primary", "admin"))
    mesh = Mesh().holding(a_virtual_service(*rules))
    mesh.store.contesting[VIRTUAL_SERVICES, "shop", "checkout"] = (Rival("checkout", "HTTPRoute", "shop", "other"),)
    found = await mesh.traffic.look(a_target(routes=["primary", "admin"]))
    assert isinstance(found, Route)
    assert [part.hindrance is not None for part in found.each] == [True, True]
