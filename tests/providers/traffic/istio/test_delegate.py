"""The VirtualService that the operator makes: what is in it, when it is made, and whose it is not."""

import copy
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.core.actions import MakeRoutes
from canary_operator.core.world import Missing, Problem, Route
from canary_operator.errors import Conflict, Gone, InvalidCanary
from canary_operator.ports import Target
from canary_operator.providers.resources import SERVICES, VIRTUAL_SERVICES
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from canary_operator.providers.traffic.istio.delegate import delegate, delegates_of
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.istio.shapes import a_weight, rolled_back

NAME = "checkout-split"
GOLDEN = Path(__file__).with_name("golden") / "managed-route"
OWN = {"name": "resets", "promQL": "resets{s='$service'}", "outOf": "closed{s='$service'}", "max": "1%"}
HTTP, METRICS = {"port": 80, "name": "http"}, {"port": 9090, "name": "metrics"}


def a_target(port: int | None = None) -> Target:
    managed = {"name": NAME, "managedRoute": True, **({"port": port} if port else {})}
    spec = {
        "revision": "v2",
        "traffic": {"istio": {"virtualServices": [managed]}, "stableService": "checkout"},
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [OWN]},
    }
    return Target("shop", "checkout", "uid", Spec.model_validate(spec))


class Mesh:
    """A cluster with a stable Service, and the provider on it."""

    def __init__(self, *ports: dict[str, Any]) -> None:
        self.kubernetes, self.store = InMemoryKubernetes(), MemoryObjects()
        body = {"metadata": {"name": "checkout", "namespace": "shop"}, "spec": {"ports": list(ports or (HTTP,))}}
        self.kubernetes.seed(SERVICES, body)
        self.traffic = IstioTraffic(self.kubernetes, self.store)

    @property
    def live(self) -> Any:
        return self.kubernetes.objects.get(("virtualservices", "shop", NAME))

    @property
    def destinations(self) -> dict[str, Any]:
        route = self.live["spec"]["http"][0]["route"]
        return {each["destination"]["host"].partition(".")[0]: each.get("weight") for each in route}

    def somebody_deletes(self) -> None:
        del self.kubernetes.objects["virtualservices", "shop", NAME]
        self.store.drop(VIRTUAL_SERVICES, "shop", NAME)

    def somebody_has(self, labels: dict[str, str]) -> None:
        body = copy.deepcopy(delegate(a_target(), NAME)) or {}
        body["metadata"]["labels"] = labels
        self.store.put(VIRTUAL_SERVICES, self.kubernetes.seed(VIRTUAL_SERVICES, body))


async def made(mesh: Mesh) -> Mesh:
    await mesh.traffic.make(a_target(), MakeRoutes())
    return mesh


def test_it_is_the_golden_object() -> None:
    """Our labels, no owner, no hosts, one rule to stable; the steps of a run follow from it in the same folder."""
    assert delegate(a_target(), NAME) == yaml.safe_load((GOLDEN / "before.yaml").read_text())


async def test_it_is_looked_for_made_and_known_at_once() -> None:
    """A missing one is said to be ours to make, and the next look has it."""
    mesh = Mesh()
    mesh.store.delegating["shop", NAME] = ("shop/edge",)
    assert await mesh.traffic.look(a_target()) == Missing(f"VirtualService shop/{NAME}", ours=True)
    await made(mesh)
    found = await mesh.traffic.look(a_target())
    assert isinstance(found, Route)
    assert (found.share, found.record, found.hindrance) == (Fraction(0), None, None)
    assert "ownerReferences" not in mesh.live["metadata"]


async def test_what_is_there_is_not_made_again() -> None:
    """Not even where only the API server knows of it."""
    mesh = await made(Mesh())
    mesh.store.drop(VIRTUAL_SERVICES, "shop", NAME)
    await made(mesh)
    assert [call.verb for call in mesh.kubernetes.writes] == ["create"]
    assert mesh.store.get(VIRTUAL_SERVICES, "shop", NAME) == mesh.live


async def test_a_run_of_it_leaves_it_as_it_was_made() -> None:
    """By the same patches as a user's own route."""
    mesh = await made(Mesh())
    before = copy.deepcopy(mesh.live["spec"])
    for order in (a_weight(5), a_weight(50), rolled_back()):
        await mesh.traffic.set_weight(a_target(), order)
    await mesh.traffic.restore(a_target())
    assert mesh.live["spec"] == before
    assert "annotations" not in mesh.live["metadata"]


async def test_taken_away_in_a_run_it_comes_back_with_its_weight_in_one_write() -> None:
    """Record included, so that the same order again changes nothing."""
    mesh = await made(Mesh())
    await mesh.traffic.set_weight(a_target(), a_weight(25))
    spec, notes = mesh.live["spec"], mesh.live["metadata"]["annotations"]
    mesh.somebody_deletes()
    writes = len(mesh.kubernetes.writes)
    await mesh.traffic.make(a_target(), MakeRoutes(a_weight(25)))
    assert [call.verb for call in mesh.kubernetes.writes[writes:]] == ["create"]
    assert (mesh.live["spec"], mesh.live["metadata"]["annotations"]) == (spec, notes)


async def test_a_rollback_makes_what_is_not_there() -> None:
    """Without the canary; a rise over nothing is decided anew."""
    mesh = await made(Mesh())
    mesh.somebody_deletes()
    with pytest.raises(Gone):
        await mesh.traffic.set_weight(a_target(), a_weight(25, decided_on=Fraction(5, 100)))
    assert mesh.live is None
    await mesh.traffic.set_weight(a_target(), rolled_back())
    assert not mesh.destinations.get("checkout-canary")
    await mesh.traffic.restore(a_target())
    assert list(mesh.destinations) == ["checkout"]


async def test_somebody_else_may_be_first() -> None:
    """Then it is looked at anew, and nothing was written."""
    mesh = Mesh()
    theirs = {**(delegate(a_target(), NAME) or {}), "spec": {"http": []}}

    def first() -> None:
        mesh.kubernetes.seed(VIRTUAL_SERVICES, theirs)

    mesh.kubernetes.before_write = first
    with pytest.raises(Conflict):
        await made(mesh)
    assert mesh.live["spec"] == {"http": []}
    assert mesh.store.get(VIRTUAL_SERVICES, "shop", NAME) == mesh.live


@pytest.mark.parametrize("labels", [{}, {"canary-operator.dev/rollout": "basket"}])
async def test_an_object_of_the_same_name_is_never_taken_over(labels: dict[str, str]) -> None:
    """Neither looked at as a route, nor raised, emptied or restored; the message says whose name it is."""
    mesh = Mesh()
    mesh.somebody_has(labels)
    found = await mesh.traffic.look(a_target())
    assert isinstance(found, Problem)
    assert found.reason == reasons.ROUTE_NAME_TAKEN
    assert f"VirtualService shop/{NAME} exists and was not made for this rollout" in found.message
    with pytest.raises(InvalidCanary, match="another name"):
        await mesh.traffic.set_weight(a_target(), a_weight(5, decided_on=Fraction(0)))
    await mesh.traffic.set_weight(a_target(), rolled_back())
    await mesh.traffic.restore(a_target())
    await made(mesh)
    assert mesh.kubernetes.writes == []


async def test_one_that_was_kept_belongs_to_the_next_rollout_of_the_same_name() -> None:
    """Its labels say so."""
    mesh = await made(Mesh())
    assert isinstance(await IstioTraffic(mesh.kubernetes, mesh.store).look(a_target()), Route)


@pytest.mark.parametrize(
    ("ports", "asked", "says"),
    [
        ((HTTP, METRICS), None, r"has several ports \(80 http, 9090 metrics\): give one as virtualServices\[0\].port"),
        ((HTTP,), 8080, r"has no port 8080 \(80 http\): correct virtualServices\[0\].port"),
    ],
)
async def test_a_port_that_nobody_can_tell_is_asked_for(ports: Any, asked: int | None, says: str) -> None:
    mesh = Mesh(*ports)
    with pytest.raises(InvalidCanary, match=says) as refused:
        await mesh.traffic.make(a_target(asked), MakeRoutes())
    assert refused.value.reason == reasons.SERVICE_UNSUPPORTED
    assert mesh.live is None


async def test_the_port_that_is_asked_for_is_both_destinations() -> None:
    mesh = Mesh(HTTP, METRICS)
    await mesh.traffic.make(a_target(80), MakeRoutes(a_weight(5)))
    assert [each["destination"]["port"] for each in mesh.live["spec"]["http"][0]["route"]] == [{"number": 80}] * 2


async def test_a_service_that_is_not_there_yet_is_waited_for() -> None:
    mesh = Mesh()
    mesh.kubernetes.objects.clear()
    with pytest.raises(InvalidCanary, match="Service checkout does not exist") as refused:
        await made(mesh)
    assert refused.value.reason == reasons.SERVICE_NOT_FOUND


async def test_a_route_that_nobody_delegates_to_says_which_line_is_missing() -> None:
    """Only where we would see whoever does."""
    mesh = await made(Mesh())
    found = await mesh.traffic.look(a_target())
    assert isinstance(found, Route)
    assert found.hindrance is not None
    assert found.hindrance.reason == reasons.ROUTE_NOT_DELEGATED
    assert "write delegate: {name: checkout-split, namespace: shop} in place of route" in found.hindrance.message
    mesh.store.everywhere = False
    found = await mesh.traffic.look(a_target())
    assert isinstance(found, Route)
    assert found.hindrance is None


def test_a_delegate_without_a_namespace_is_in_that_of_its_root() -> None:
    rules = [{"delegate": {"name": "a"}}, {"delegate": {"name": "b", "namespace": "eu"}}, {"route": []}, {}]
    root = {"metadata": {"name": "edge", "namespace": "shop"}, "spec": {"http": rules}}
    assert list(delegates_of(root)) == [("shop", "a"), ("eu", "b")]
