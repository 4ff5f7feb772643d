"""Somebody sets the operator's wall clock by an hour; nothing happens earlier, later or twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from testbed import audit
from testbed.cluster import Cluster
from testbed.control_plane import FIRST
from testbed.operator import OperatorProcess
from testbed.shop import CANARY, NAME, Shop, Traffic, rollout
from testbed.shop.manifests import image
from testbed.wall_clock import WallClock
from tests.integration.replicas import a_pair, reigns

pytestmark = pytest.mark.integration

HOUR = 3600.0
STAGE, DRAIN = timedelta(seconds=6), timedelta(seconds=4)
SURELY = 0.95 * STAGE - timedelta(seconds=2)
"""A clock that catches up with the machine's is a twentieth too fast; and a stage counts from the decision, whose write
a busy API server takes later."""
LONGEST = 60
"""Seconds. What waits for the wrong clock waits for an hour."""

either_way = pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forward", "back"])


@pytest.fixture
def traffic(shop: Shop) -> Iterator[Traffic]:
    with shop.traffic(100) as traffic:
        yield traffic


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    return WallClock(tmp_path / "clock")


def until(shop: Shop, state: str, stage: str = "") -> None:
    shop.until(f"{state} {stage}", lambda seen: seen.state == state and seen.stage.startswith(stage), LONGEST)


def written(shop: Shop, resource: str) -> list[datetime]:
    """When the API server took the operator's writes of this kind."""
    writes = audit.writes(shop.cluster.state.audit_log)
    return [it.at for it in writes if (it.namespace, it.resource) == (shop.namespace, resource) and it.took_effect]


@either_way
def test_a_clock_that_is_set_changes_nothing(  # noqa: PLR0913, PLR0917 -- a whole world takes part
    cluster: Cluster, place: str, shop: Shop, traffic: Traffic, clock: WallClock, step: float
) -> None:
    """An hour at every step of a run: no deadline fires, no stage or drain is cut short or drawn out, one leads."""
    with a_pair(cluster, place, clock=clock) as (first, second):
        shop.adopt(rollout((("25%", "6s"),), workload={"progressDeadline": "60s", "drain": "4s"}))
        shop.release("v2-r3")
        for number, state in enumerate(("Preparing", "Staged", "Promoting", "Cleaning", "Resting"), start=1):
            until(shop, state)
            clock.set_ahead(number * step)
        assert (first.leads(), second.leads()) == (True, False)
    staged, last, released, restored = written(shop, "virtualservices")
    *_, removed = written(shop, "deployments")
    assert last - staged > SURELY
    assert min(restored, removed) - released > DRAIN / 2, "it counts from the decision, and the write comes later"
    assert shop.rollout().outcomes == ["Promoted"]
    assert reigns(cluster, place) == [FIRST]
    assert traffic.failures() == 0


@either_way
def test_an_operator_that_starts_by_another_clock_goes_on(  # noqa: PLR0913, PLR0917 -- likewise
    cluster: Cluster, place: str, shop: Shop, traffic: Traffic, clock: WallClock, step: float
) -> None:
    """What the one before wrote is an hour away: the stage lasts as long as was left, and harm is seen as soon."""
    with OperatorProcess(cluster, f"operator-{place}", namespace=place, clock=clock) as operator:
        shop.adopt(rollout((("25%", "6s"), ("50%", "10m"))))
        shop.release("v2")
        until(shop, "Staged", "1/")
        operator.kill()
        (staged,), killed = written(shop, "virtualservices"), datetime.now(UTC)
        clock.set_ahead(step)
        began = datetime.now(UTC)
        operator.start()
        until(shop, "Staged", "2/")
        assert written(shop, "virtualservices")[-1] - began > SURELY - (killed - staged)
        assert traffic.failures() == 0
        shop.kubectl("set", "image", f"deployment/{CANARY}", f"{NAME}={image('v2-e50')}")
        until(shop, "Resting")
    assert shop.rollout().last["reason"] == "Harm"
    canary = traffic.summary()["versions"]["v2-e50"]
    assert canary["last"] - canary["first_failure"] < 20
