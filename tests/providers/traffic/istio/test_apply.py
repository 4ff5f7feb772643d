"""What is particular to VirtualServices; what every kind of route promises is in `test_contract.py`."""

from typing import Any

import pytest

from canary_operator.errors import Conflict
from canary_operator.ports import Target
from tests.providers.traffic.cluster import Cluster
from tests.providers.traffic.istio.shapes import a_destination, a_rule, a_weight, rolled_back, weights_of
from tests.providers.traffic.kinds_of_routes import VIRTUAL_SERVICE, a_target

OWN = {"name": "resets", "promQL": "resets{s='$service'}", "outOf": "closed{s='$service'}", "max": "1%"}


def of_port(port: int) -> Target:
    """Istio counts no failures of bytes, so the metric is the user's."""
    reference: dict[str, Any] = {"name": "checkout", "tcpRoutes": [{"port": port}]}
    return a_target(VIRTUAL_SERVICE.of(reference), metric=OWN)


async def test_a_rollback_never_lands_on_another_port() -> None:
    """A tcp rule has no name, and its neighbours often have the same hosts: it is known by its match."""
    half = [a_destination("checkout", 1), a_destination("checkout-canary", 1)]
    ours, first = (a_rule(*half, match=[{"port": port}]) for port in (9000, 9001))
    cluster = Cluster(VIRTUAL_SERVICE).holding(annotations={"theirs": "1"}, tcp=[ours])
    await cluster.set(a_weight(25), of_port(9000))
    cluster.kubernetes.before_write = lambda: cluster.somebody_else(lambda body: body["spec"]["tcp"].insert(0, first))
    with pytest.raises(Conflict):
        await cluster.set(rolled_back(), of_port(9000))
    await cluster.set(rolled_back(), of_port(9000))
    assert weights_of(cluster.live, 0, "tcp") == {"checkout": 1, "checkout-canary": 1}
    assert weights_of(cluster.live, 1, "tcp") == {"checkout": 100, "checkout-canary": 0}
    await cluster.restore(of_port(9000))
    assert weights_of(cluster.live, 1, "tcp") == {"checkout": 2, "checkout-canary": 0}
