"""The port on several objects of one kind: each is written by itself, and none keeps another one from a fall."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Missing, Problem, Route
from canary_operator.errors import CanaryError, Conflict, Gone, InvalidCanary, Refused, Unavailable
from canary_operator.ports import Target, Traffic
from canary_operator.providers.resources import Resource
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.istio.shapes import a_weight, rolled_back
from tests.providers.traffic.kinds_of_routes import HTTP_ROUTE, KINDS, Kind, a_target

GATEWAY, MESH = "checkout", "checkout-mesh"
ADMIN = [{"path": {"type": "PathPrefix", "value": "/admin"}}]


def item(kind: Kind) -> str:
    """Where the second object is asked for."""
    return f"{kind.items}[1].{kind.names}"


def owned(kind: Kind) -> dict[str, Any]:
    """The first has the rules admin and primary, the second one without a name, and a third destination in that."""
    only_admins = {"matches": ADMIN} if kind is HTTP_ROUTE else {}
    gateway = kind.route(kind.rule(kind.alone, name="admin", **only_admins), kind.rule(kind.alone, name="primary"))
    mesh = kind.route(kind.rule(kind.sends("checkout", 9), kind.sends("legacy", 1)))
    return {GATEWAY: gateway, MESH: {**mesh, "metadata": {**mesh["metadata"], "name": MESH}}}


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

    kind: Kind
    kubernetes: Failing = field(default_factory=Failing)
    store: MemoryObjects = field(default_factory=MemoryObjects)

    def __post_init__(self) -> None:
        for body in owned(self.kind).values():
            self.kubernetes.seed(self.kind.resource, body)
        self.watch()

    @property
    def traffic(self) -> Traffic:
        return self.kind.provider(self.kubernetes, self.store)

    def target(self, **more: Any) -> Target:
        both = (self.kind.item(GATEWAY, "primary", "admin"), self.kind.item(MESH))
        return a_target(self.kind.of(*both) | more)

    def called(self, name: str) -> str:
        return f"{self.kind} shop/{name}"

    @property
    def rules_called(self) -> tuple[str, ...]:
        """Each to a person."""
        nameless = f"{self.kind.rules}[0] (without a name)"
        places = (("primary", GATEWAY), ("admin", GATEWAY), (nameless, MESH))
        return tuple(f"{self.kind.word} {rule} of {self.called(name)}" for rule, name in places)

    def live(self, name: str) -> Any:
        return self.kubernetes.objects[self.kind.resource.plural, "shop", name]

    def rules(self, name: str) -> Any:
        return self.live(name)["spec"][self.kind.rules]

    def is_as_its_owner_wrote_it(self, name: str) -> bool:
        noted = "annotations" in self.live(name)["metadata"]
        return self.live(name)["spec"] == owned(self.kind)[name]["spec"] and not noted

    def watch(self) -> None:
        for name in (GATEWAY, MESH):
            self.store.put(self.kind.resource, copy.deepcopy(self.live(name)))

    def edit(self, name: str, change: Callable[[Any], None]) -> None:
        """`change` gets its list of rules."""
        body = copy.deepcopy(self.live(name))
        change(body["spec"][self.kind.rules])
        self.kubernetes.seed(self.kind.resource, body)
        self.watch()

    def send_mesh_to(self, *destination: Any) -> None:
        """Whatever its only rule did before."""
        self.edit(MESH, lambda rules: rules[0].update({self.kind.ends: [self.kind.sends(*destination)]}))

    def delete(self, name: str) -> None:
        del self.kubernetes.objects[self.kind.resource.plural, "shop", name]
        self.store.drop(self.kind.resource, "shop", name)

    async def look(self) -> Route:
        found = await self.traffic.look(self.target())
        assert isinstance(found, Route), found
        return found

    async def set(self, order: SetWeight) -> None:
        await self.traffic.set_weight(self.target(), order)

    async def restore(self) -> None:
        await self.traffic.restore(self.target())


@pytest.fixture(params=KINDS, ids=str)
def two(request: pytest.FixtureRequest) -> Two:
    return Two(request.param)


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
    await two.restore()
    assert two.is_as_its_owner_wrote_it(GATEWAY)
    assert two.is_as_its_owner_wrote_it(MESH)
    assert sorted(two.kubernetes.landed) == [GATEWAY] * 5 + [MESH] * 5


async def test_a_look_names_each_route(two: Two) -> None:
    """So that a message can tell which of them it speaks of."""
    found = await two.look()
    assert tuple(one.name for one in found.each) == two.rules_called
    assert found.carrier == two.kind.carrier


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
    two.send_mesh_to("legacy")
    with pytest.raises(InvalidCanary, match=two.called(MESH)):
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
        await two.set(a_rise(25, 25, apart=((two.rules_called[2], Fraction(1, 20)),)))
    assert await shares(two) == [Fraction(1, 4)] * 3
    assert two.kubernetes.landed[written:] == [MESH]


async def test_a_rise_is_never_written_over_a_pull_in_one_of_them(two: Two) -> None:
    """Somebody took traffic away between the look and the write: it is decided anew, and nothing has risen."""
    await two.set(a_rise(5, 0))
    written = len(two.kubernetes.landed)
    two.send_mesh_to("checkout", 1)
    with pytest.raises(Conflict, match="0% by now"):
        await two.set(a_rise(25, 5))
    assert len(two.kubernetes.landed) == written


async def test_one_that_is_gone_is_named_and_keeps_no_other_from_a_fall(two: Two) -> None:
    """A rise is an error; a fall, and a restore, do what is left to do."""
    await two.set(a_rise(25, 0))
    two.delete(GATEWAY)
    assert (await two.look()).faults == (Missing(two.called(GATEWAY)),)
    with pytest.raises(Gone, match="shop/checkout does not exist"):
        await two.set(a_rise(50, 25))
    await two.set(rolled_back())
    assert await shares(two) == [Fraction(0)]
    await two.restore()
    assert two.is_as_its_owner_wrote_it(MESH)


async def test_one_that_cannot_be_given_back_keeps_no_other_from_it(two: Two) -> None:
    """The problem names it."""
    await two.set(a_rise(25, 0))
    two.send_mesh_to("checkout-canary", 5)
    with pytest.raises(InvalidCanary, match="checkout-mesh"):
        await two.restore()
    assert two.is_as_its_owner_wrote_it(GATEWAY)


async def test_a_problem_says_which_item_of_the_spec(two: Two) -> None:
    """The object, and the place in the list."""
    two.edit(MESH, lambda rules: rules.clear())
    (fault,) = (await two.look()).faults
    assert isinstance(fault, Problem)
    assert fault.reason == reasons.ROUTE_NOT_FOUND
    assert two.called(MESH) in fault.message
    assert item(two.kind) in fault.message


async def test_all_gone_is_missing(two: Two) -> None:
    """As with one."""
    two.delete(GATEWAY)
    two.delete(MESH)
    assert await two.traffic.look(two.target()) == Missing(two.called(GATEWAY))


async def test_testers_lost_in_one_object_are_told_from_those_in_another(two: Two) -> None:
    """The rules have the same name in both."""
    target = two.target(canaryMatches=[{"headers": [{"name": "x", "present": True}]}])
    await two.traffic.set_weight(target, a_rise(5, 0, matches=target.spec.traffic.canary_matches))
    two.edit(MESH, lambda rules: rules.pop(0))
    found = await two.traffic.look(target)
    assert isinstance(found, Route)
    assert found.lost == (f"canary-operator-match-1-checkout of {two.called(MESH)}",)
    assert [rule["name"] for rule in two.rules(GATEWAY)] == [
        "canary-operator-match-1.2-checkout",
        "admin",
        "canary-operator-match-1-checkout",
        "primary",
    ]
