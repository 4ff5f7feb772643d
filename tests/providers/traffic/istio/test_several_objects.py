"""The port on several VirtualServices: each is written by itself, and none keeps another one from a fall."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.api.rollout import Spec
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Missing, Problem, Route
from canary_operator.errors import CanaryError, Conflict, Gone, InvalidCanary, Refused, Unavailable
from canary_operator.ports import Target
from canary_operator.providers.resources import VIRTUAL_SERVICES, Resource
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

GATEWAY, MESH = "checkout", "checkout-mesh"
SPEC = {
    "revision": "v2",
    "traffic": {
        "istio": {"virtualServices": [{"name": GATEWAY, "routes": ["primary", "admin"]}, {"name": MESH}]},
        "stableService": "checkout",
    },
    "stages": [{"weight": "5%", "duration": "1m"}],
    "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
}
TARGET = Target("shop", "checkout", "uid", Spec.model_validate(SPEC))
IN_MESH = "http[0] (without a name) of VirtualService shop/checkout-mesh"


def named(name: str, *rules: Any) -> Any:
    made = a_virtual_service(*rules)
    return {**made, "metadata": {**made["metadata"], "name": name}}


OWNED = {
    GATEWAY: named(GATEWAY, *(a_rule(a_destination("checkout"), name=name) for name in ("admin", "primary"))),
    MESH: named(MESH, a_rule(a_destination("checkout", 9), a_destination("legacy", 1))),
}


class Failing(InMemoryKubernetes):
    """Writes of some objects fail."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: dict[str, CanaryError] = {}
        self.slow: set[str] = set()
        self.landed: list[str] = []

    async def patch(self, resource: Resource, namespace: str | None, name: str, *rest: Any, **more: Any) -> Any:
        if name in self.slow:
            await asyncio.sleep(0.05)
        if name in self.failing:
            raise self.failing[name]
        answer = await super().patch(resource, namespace, name, *rest, **more)
        self.landed.append(name)
        return answer


@dataclass(slots=True)
class Two:
    """A cluster with both, and the provider that is tested."""

    kubernetes: Failing = field(default_factory=Failing)
    store: MemoryObjects = field(default_factory=MemoryObjects)

    def __post_init__(self) -> None:
        for body in OWNED.values():
            self.kubernetes.seed(VIRTUAL_SERVICES, body)
        self.watch()

    @property
    def traffic(self) -> IstioTraffic:
        return IstioTraffic(self.kubernetes, self.store)

    def live(self, name: str) -> Any:
        return self.kubernetes.objects["virtualservices", "shop", name]

    def watch(self) -> None:
        for name in (GATEWAY, MESH):
            self.store.put(VIRTUAL_SERVICES, copy.deepcopy(self.live(name)))

    def edit(self, name: str, change: Callable[[Any], None]) -> None:
        body = copy.deepcopy(self.live(name))
        change(body)
        self.kubernetes.seed(VIRTUAL_SERVICES, body)
        self.watch()

    def delete(self, name: str) -> None:
        del self.kubernetes.objects["virtualservices", "shop", name]
        self.store.drop(VIRTUAL_SERVICES, "shop", name)

    async def look(self) -> Route:
        found = await self.traffic.look(TARGET)
        assert isinstance(found, Route), found
        return found

    async def set(self, order: SetWeight) -> None:
        await self.traffic.set_weight(TARGET, order)


@pytest.fixture
def two() -> Two:
    return Two()


def a_rise(percent: int, over: int, **more: Any) -> SetWeight:
    return replace(a_weight(percent), decided_on=Fraction(over, 100), **more)


async def shares(two: Two) -> list[Fraction]:
    return [one.share for one in (await two.look()).each]


async def test_all_of_them_rise_and_fall_and_come_home(two: Two) -> None:
    """One patch for each object at each step, however many rules it has."""
    for order in (a_rise(5, 0), a_rise(50, 5), a_rise(100, 50), rolled_back()):
        await two.set(order)
        assert await shares(two) == [order.weight] * 3
        assert (await two.look()).is_at(order.weight)
    await two.traffic.restore(TARGET)
    for name, body in OWNED.items():
        assert two.live(name)["spec"] == body["spec"]
        assert "annotations" not in two.live(name)["metadata"]
    assert sorted(two.kubernetes.landed) == [GATEWAY] * 5 + [MESH] * 5


async def test_a_look_names_each_route(two: Two) -> None:
    """So that a message can tell which of them it speaks of."""
    assert [one.name for one in (await two.look()).each] == [
        "http route primary of VirtualService shop/checkout",
        "http route admin of VirtualService shop/checkout",
        f"http route {IN_MESH}",
    ]


@pytest.mark.parametrize("failing", [GATEWAY, MESH])
@pytest.mark.parametrize(
    "error", [Refused("no"), Unavailable("no"), Conflict("no")], ids=lambda error: type(error).__name__
)
async def test_a_rollback_is_attempted_in_every_object(two: Two, failing: str, error: CanaryError) -> None:
    """Whatever becomes of one of them, the other is empty, and the failure is said."""
    await two.set(a_rise(25, 0))
    two.kubernetes.failing[failing] = error
    with pytest.raises(type(error), match="no"):
        await two.set(rolled_back())
    found = await two.look()
    assert {one.share for one in found.each} == {Fraction(0), Fraction(1, 4)}
    assert found.feeds
    assert found.record is not None
    assert found.record.purpose is Purpose.ROLL_BACK
    two.kubernetes.failing.clear()
    await two.set(rolled_back())
    assert not (await two.look()).feeds


async def test_a_rollback_waits_for_no_other_object(two: Two) -> None:
    """A slow one is overtaken."""
    await two.set(a_rise(25, 0))
    two.kubernetes.landed.clear()
    two.kubernetes.slow.add(GATEWAY)
    await two.set(rolled_back())
    assert two.kubernetes.landed == [MESH, GATEWAY]


async def test_both_failures_are_said(two: Two) -> None:
    """In the words of both, as the one that is to be tried again first."""
    await two.set(a_rise(25, 0))
    two.kubernetes.failing = {GATEWAY: Refused("webhook says no"), MESH: Conflict("somebody wrote")}
    with pytest.raises(Conflict, match="somebody wrote; webhook says no"):
        await two.set(rolled_back())


async def test_a_rise_that_one_cannot_take_is_written_in_none(two: Two) -> None:
    """Otherwise they would not be split alike."""
    two.edit(MESH, lambda body: body["spec"]["http"][0].update(route=[a_destination("legacy")]))
    with pytest.raises(InvalidCanary, match="VirtualService shop/checkout-mesh"):
        await two.set(a_rise(5, 0))
    assert two.kubernetes.landed == []


async def test_a_rise_that_stopped_half_way_is_finished(two: Two) -> None:
    """What was written stays as it is, and what was not follows; a second time nothing is written."""
    await two.set(a_rise(5, 0))
    two.kubernetes.failing[MESH] = Unavailable("timeout")
    with pytest.raises(Unavailable):
        await two.set(a_rise(25, 5))
    assert await shares(two) == [Fraction(1, 4), Fraction(1, 4), Fraction(1, 20)]
    two.kubernetes.failing.clear()
    written = len(two.kubernetes.landed)
    for _ in range(2):
        await two.set(a_rise(25, 25, apart=((f"http route {IN_MESH}", Fraction(1, 20)),)))
    assert await shares(two) == [Fraction(1, 4)] * 3
    assert two.kubernetes.landed[written:] == [MESH]


async def test_a_rise_is_never_written_over_a_pull_in_one_of_them(two: Two) -> None:
    """Somebody took traffic away between the look and the write: it is decided anew, and nothing has risen."""
    await two.set(a_rise(5, 0))
    written = len(two.kubernetes.landed)
    two.edit(MESH, lambda body: body["spec"]["http"][0].update(route=[a_destination("checkout")]))
    with pytest.raises(Conflict, match="0% by now"):
        await two.set(a_rise(25, 5))
    assert len(two.kubernetes.landed) == written


async def test_one_that_is_gone_is_named_and_keeps_no_other_from_a_fall(two: Two) -> None:
    """A rise is an error; a fall, and a restore, do what is left to do."""
    await two.set(a_rise(25, 0))
    two.delete(GATEWAY)
    assert (await two.look()).faults == (Missing("VirtualService shop/checkout"),)
    with pytest.raises(Gone, match="shop/checkout does not exist"):
        await two.set(a_rise(50, 25))
    await two.set(rolled_back())
    assert await shares(two) == [Fraction(0)]
    await two.traffic.restore(TARGET)
    assert two.live(MESH)["spec"] == OWNED[MESH]["spec"]


async def test_one_that_cannot_be_given_back_keeps_no_other_from_it(two: Two) -> None:
    """The problem names it."""
    await two.set(a_rise(25, 0))
    two.edit(MESH, lambda body: body["spec"]["http"][0].update(route=[a_destination("checkout-canary", 5)]))
    with pytest.raises(InvalidCanary, match="checkout-mesh"):
        await two.traffic.restore(TARGET)
    assert two.live(GATEWAY)["spec"] == OWNED[GATEWAY]["spec"]


async def test_a_problem_says_which_item_of_the_spec(two: Two) -> None:
    """The object, and the place in the list."""
    two.edit(MESH, lambda body: body["spec"].update(http=[]))
    (fault,) = (await two.look()).faults
    assert isinstance(fault, Problem)
    assert fault.reason == reasons.ROUTE_NOT_FOUND
    assert "VirtualService shop/checkout-mesh" in fault.message
    assert "virtualServices[1].routes" in fault.message


async def test_all_gone_is_missing(two: Two) -> None:
    """As with one."""
    two.delete(GATEWAY)
    two.delete(MESH)
    assert await two.traffic.look(TARGET) == Missing("VirtualService shop/checkout")


async def test_testers_lost_in_one_object_are_told_from_those_in_another(two: Two) -> None:
    """The rules have the same name in both."""
    spec = copy.deepcopy(SPEC)
    spec["traffic"]["canaryMatches"] = [{"headers": [{"name": "x", "present": True}]}]  # type: ignore[index]
    target = Target("shop", "checkout", "uid", Spec.model_validate(spec))
    await two.traffic.set_weight(target, a_rise(5, 0, matches=target.spec.traffic.canary_matches))
    two.edit(MESH, lambda body: body["spec"]["http"].pop(0))
    found = await two.traffic.look(target)
    assert isinstance(found, Route)
    assert found.lost == ("canary-operator-match-1-checkout of VirtualService shop/checkout-mesh",)
    assert weights_of(two.live(GATEWAY), 1)["checkout-canary"] == 5
