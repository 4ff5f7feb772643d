"""Two VirtualServices are two patches: an operator that is killed between them goes on where it was."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.proxy import Proxy
from testbed.shop import CANARY, Shop, Traffic
from tests.integration.mesh import TwoHosts
from tests.integration.rehearsal import (
    Performance,
    ReadyCanaries,
    Rehearsal,
    nothing_was_done_twice,
    rises_once_and_falls_once,
)

pytestmark = pytest.mark.integration

RATE = 100


@pytest.fixture
def hosts(shop: Shop) -> TwoHosts:
    return TwoHosts(shop)


@pytest.fixture
def callers(hosts: TwoHosts) -> Iterator[list[Traffic]]:
    with ExitStack() as stack:
        yield [stack.enter_context(each) for each in hosts.traffic(RATE)]


@pytest.fixture
def rehearsal(cluster: Cluster, place: str, shop: Shop, callers: list[Traffic]) -> Iterator[Rehearsal]:
    """The traffic comes first and goes last."""
    del callers
    with (
        Proxy(cluster, witness=ReadyCanaries(cluster, place)) as proxy,
        OperatorProcess(cluster, f"operator-{place}", namespace=place, environment=proxy.environment) as operator,
    ):
        yield Rehearsal(shop, operator, proxy)


NEVER = 10_000


def writes_of_routes(run: Performance) -> list[int]:
    return [at for at, step in enumerate(run.steps, start=1) if step.call.resource == "virtualservices"]


@pytest.mark.parametrize("delivered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("behaviour", ["", "-e100"], ids=["good", "bad"])
def test_a_release_survives_a_kill_between_any_two_patches(
    rehearsal: Rehearsal, hosts: TwoHosts, callers: list[Traffic], behaviour: str, delivered: bool
) -> None:
    """It ends as it would have, no weight rises twice, and both objects are given back."""
    hosts.shop.adopt(hosts.rollout((("50%", "1s"), ("100%", "1s"))))
    whole = rehearsal.release(f"v2{behaviour}", NEVER, delivered=True)
    moments = writes_of_routes(whole)
    assert len(moments) == (8 if not behaviour else 6), whole.shares
    for number, moment in enumerate(moments, start=3):
        run = rehearsal.release(f"v{number}{behaviour}", moment, delivered=delivered)
        assert run.killed
        assert run.after.last["outcome"] == ("RolledBack" if behaviour else "Promoted")
        assert rises_once_and_falls_once(run.shares), run.shares
        assert set(run.shares) == ({0, 50} if behaviour else {0, 50, 100})
        nothing_was_done_twice(run)
        assert hosts.written() == hosts.before
        assert hosts.shop.deployment(CANARY) is None
    if not behaviour:
        assert [each.failures() for each in callers] == [0] * len(callers)
