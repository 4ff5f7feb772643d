"""What hurts a release is told when it begins, and hinders no pass."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import pytest

from canary_operator.api import reasons
from canary_operator.api.status import State, Status
from canary_operator.core.actions import Announce
from canary_operator.core.decide import Decision
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.errors import Unavailable
from canary_operator.operator.preflight import MOST, Preflight
from canary_operator.ports import Identity, Target
from canary_operator.reconcile.loop import Rollout
from tests.doubles.memory import MemoryCluster
from tests.doubles.story import a_spec
from tests.doubles.worlds import a_run

RESTING = Status(state=State.RESTING)
BEGUN = Status(state=State.PREPARING, run=a_run())
TLS = {"trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}}


def named(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"namespace": "shop", "name": name}, "spec": spec}


def route(name: str, *hosts: str) -> dict[str, Any]:
    return named("VirtualService", name, hosts=list(hosts), http=[{"route": [{"destination": {"host": hosts[0]}}]}])


class Surroundings:
    """Says what stands around, or fails as told."""

    def __init__(self, *objects: dict[str, Any]) -> None:
        self.objects: Sequence[dict[str, Any]] = objects
        self.failures: list[Exception] = []
        self.asked = 0

    async def around(self, _: Target) -> Sequence[dict[str, Any]]:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.objects


class Journal:
    def __init__(self) -> None:
        self.told: list[str] = []

    async def announce(self, _: Identity, action: Announce) -> None:
        assert (action.reason, action.warning) == (reasons.PITFALL, True)
        self.told.append(action.message)


async def told(surroundings: Surroundings, *passes: tuple[Status, Status]) -> list[str]:
    """After passes from one status to another, and time to look."""
    journal = Journal()
    preflight = Preflight(surroundings, cast("Any", journal))
    task = asyncio.create_task(preflight.run())
    for before, after in passes:
        finding = Finding(Event.WAITED, reasons.PREPARING, "")
        preflight.passed(rollout(before), Decision((), after, finding, None, after))
        for _ in range(20):
            await asyncio.sleep(0)
    assert not task.done(), "it lives on"
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return journal.told


def rollout(status: Status) -> Rollout:
    cluster = MemoryCluster(a_spec())
    cluster.status = status
    return cluster.rollout(status)


async def test_a_policy_for_one_arm_is_told_when_a_run_begins() -> None:
    one_arm = Surroundings(named("DestinationRule", "checkout", host="checkout", **TLS))
    (said,) = await told(one_arm, (RESTING, RESTING), (RESTING, BEGUN), (BEGUN, BEGUN))
    assert said.startswith("policy-for-one-arm: DestinationRule shop/checkout: its trafficPolicy does not hold for ")
    assert one_arm.asked == 1, "once for each run"


async def test_a_host_that_another_route_claims_is_told() -> None:
    """Whichever of the two was found first; what two others do to each other is not ours to tell."""
    both = route("checkout", "checkout"), route("checkout-b", "checkout")
    others = route("cart", "cart"), route("cart-b", "cart")
    for found in ((*both, *others), (*reversed(both), *others)):
        (said,) = await told(Surroundings(*found), (RESTING, BEGUN))
        assert said.startswith("host-claimed-twice: ")
        assert "checkout" in said


async def test_where_all_is_well_nothing_is_told() -> None:
    assert await told(Surroundings(route("checkout", "checkout")), (RESTING, BEGUN)) == []


async def test_of_very_many_only_some_are_told() -> None:
    many = [route(f"other-{number}", "checkout") for number in range(2 * MOST)]
    assert len(await told(Surroundings(route("checkout", "checkout"), *many), (RESTING, BEGUN))) == MOST


@pytest.mark.parametrize("failure", [Unavailable("gone"), KeyError("a bug")])
async def test_a_failure_costs_one_look_and_no_other(failure: Exception) -> None:
    around = Surroundings(route("checkout", "checkout"), route("other", "checkout"))
    around.failures = [failure]
    assert len(await told(around, (RESTING, BEGUN), (RESTING, BEGUN))) == 1
