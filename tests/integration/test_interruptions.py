"""Killed after every write of a run: the run ends as it would have, and is never worse meanwhile.

The proxy counts the writes; each moment is one release. Moments are dealt out to lanes, each with a shop and an
operator of its own, so that several run at once. A lane ends with the first moment that a run does not reach any more:
that run was made without a kill, and shows how many writes there are.
"""

from collections.abc import Iterator
from itertools import count

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.proxy import Proxy
from testbed.shop import CANARY, Shop, Traffic, rollout
from tests.integration.rehearsal import (
    Performance,
    ReadyCanaries,
    Rehearsal,
    nothing_was_done_twice,
    rises_once_and_falls_once,
)

pytestmark = pytest.mark.integration

LANES = 2
RATE = 60
"""Requests per second."""


@pytest.fixture
def traffic(shop: Shop) -> Iterator[Traffic]:
    with shop.traffic(RATE) as traffic:
        yield traffic


@pytest.fixture
def rehearsal(cluster: Cluster, place: str, shop: Shop, traffic: Traffic) -> Iterator[Rehearsal]:
    """The traffic comes first and goes last."""
    del traffic
    with (
        Proxy(cluster, witness=ReadyCanaries(cluster, place)) as proxy,
        OperatorProcess(cluster, f"operator-{place}", namespace=place, environment=proxy.environment) as operator,
    ):
        yield Rehearsal(shop, operator, proxy)


def moments(rehearsal: Rehearsal, lane: int, *, delivered: bool, behaviour: str = "") -> Iterator[Performance]:
    """One run for each moment of this lane, and one without a kill at the end."""
    for number in count(lane + 1, LANES):
        run = rehearsal.release(f"v{number + 1}{behaviour}", number, delivered=delivered)
        yield run
        if not run.killed:
            return


@pytest.mark.parametrize("delivered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("lane", range(LANES))
def test_a_good_release_survives_a_kill_after_every_write(
    rehearsal: Rehearsal, shop: Shop, traffic: Traffic, lane: int, delivered: bool
) -> None:
    """It is promoted, the weight rises stage by stage, and no user notices."""
    route = shop.route()
    shop.adopt(rollout((("50%", "1s"), ("100%", "1s")), workload={"drain": "0s"}))
    for run in moments(rehearsal, lane, delivered=delivered):
        assert run.after.last["outcome"] == "Promoted"
        assert rises_once_and_falls_once(run.shares)
        assert set(run.shares) == {0, 50, 100}
        nothing_was_done_twice(run)
        assert (shop.route(), shop.deployment(CANARY)) == (route, None)
    assert traffic.failures() == 0


@pytest.mark.parametrize("delivered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("lane", range(LANES))
def test_a_bad_release_survives_a_kill_after_every_write(
    rehearsal: Rehearsal, shop: Shop, lane: int, delivered: bool
) -> None:
    """It is rolled back, and no weight rises after the first one."""
    route, stable = shop.route(), shop.pods()
    shop.adopt(rollout((("50%", "1s"), ("100%", "1s")), workload={"drain": "0s"}))
    for run in moments(rehearsal, lane, delivered=delivered, behaviour="-e100"):
        assert run.after.last["outcome"] == "RolledBack"
        assert rises_once_and_falls_once(run.shares)
        assert set(run.shares) == {0, 50}
        nothing_was_done_twice(run)
        assert (shop.route(), shop.deployment(CANARY), shop.pods()) == (route, None, stable)
