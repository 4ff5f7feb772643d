"""A judge who can't see neither goes on nor goes back, says so, and takes the time that it lost."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest

from testbed.cluster import Cluster, ExtraPrometheus
from testbed.operator import OperatorProcess
from testbed.shop import Rollout, Shop, Traffic, rollout
from tests.integration import fog
from tests.integration.fog import Fog

pytestmark = pytest.mark.integration

LOOK, TIMEOUT = 1.0, 3.0
BUSY = 3.0
"""What a machine with other tests on it may take longer."""
WEIGHT = 25
LONGEST = 60

SPOILED = {
    "slow": (fog.slow, "no answer within 3 s"),
    "failing": (fog.failing, "HTTP 500"),
    "refusing": (fog.refusing, "too many samples"),
    "not numbers": (fog.not_numbers, "nan"),
    "nothing": (fog.nothing, "no request of the stable Service"),
}


@pytest.fixture
def traffic(shop: Shop) -> Iterator[Traffic]:
    with shop.traffic(100) as traffic:
        yield traffic


@pytest.fixture
def prometheus(cluster: Cluster) -> Iterator[ExtraPrometheus]:
    extra = cluster.extra_prometheus()
    yield extra
    cluster.stop(extra.name)


@pytest.fixture
def begin(cluster: Cluster, place: str, shop: Shop) -> Iterator[Callable[[str], None]]:
    """An operator that asks at this address, and a release that has just got its first weight."""
    with ExitStack() as stack:

        def begin(url: str) -> None:
            process = OperatorProcess(cluster, f"operator-{place}", namespace=place, prometheus_url=url)
            stack.enter_context(process)
            shop.adopt(rollout((("25%", "6s"), ("100%", "10m"))))
            shop.release("v2")
            shop.until("the first stage", lambda seen: seen.state == "Staged" and seen.stage == "1/2", LONGEST)

        yield begin


def ends_at(seen: Rollout) -> datetime:
    return datetime.fromisoformat(seen.status["run"]["endsAt"])


def goes_blind_and_sees_again(shop: Shop, blind: Callable[[], None], see: Callable[[], None]) -> Rollout:
    """The rollout as it held. Meanwhile its stage should have ended; afterwards it is longer by all of that time."""
    planned, could_still_see = ends_at(shop.rollout()), time.time()
    blind()
    blinded = time.time()
    shop.until("a hold", lambda seen: seen.held)
    assert time.time() - blinded < TIMEOUT + 2 * LOOK + BUSY
    time.sleep(max(0.0, planned.timestamp() + 1 - time.time()))
    held = shop.rollout()
    assert (held.held, held.stage, shop.weight()) == (True, "1/2", WEIGHT)
    see()
    could_see = time.time()
    again = shop.until("the hold to end", lambda seen: not seen.held)
    longer = (ends_at(again) - planned).total_seconds()
    assert could_see - blinded - LOOK < longer < time.time() - could_still_see + 2 * LOOK + BUSY
    shop.until("the next stage", lambda seen: seen.state == "Staged" and seen.stage == "2/2", LONGEST)
    assert time.time() >= ends_at(again).timestamp()
    assert shop.rollout().outcomes == []
    return held


@pytest.mark.parametrize("spoiled", SPOILED)
def test_what_is_no_answer_stops_the_stage(
    shop: Shop, traffic: Traffic, prometheus: ExtraPrometheus, begin: Callable[[str], None], spoiled: str
) -> None:
    """However Prometheus fails to say something that can be judged."""
    spoil, says = SPOILED[spoiled]
    with Fog(prometheus.url).standing() as air:
        begin(air.url)
        held = goes_blind_and_sees_again(
            shop, lambda: setattr(air, "makes", spoil), lambda: setattr(air, "makes", fog.clear)
        )
    assert says in held.message
    assert traffic.failures() == 0


def test_a_prometheus_that_is_down_stops_the_stage(
    cluster: Cluster, shop: Shop, traffic: Traffic, prometheus: ExtraPrometheus, begin: Callable[[str], None]
) -> None:
    """Started anew, it has forgotten nothing that counts."""
    begin(prometheus.url)
    held = goes_blind_and_sees_again(
        shop, lambda: cluster.stop(prometheus.name), lambda: cluster.start(prometheus.name)
    )
    assert (held.reason, "connection refused" in held.message) == ("MetricsUnavailable", True)
    assert traffic.failures() == 0


def test_a_prometheus_that_is_frozen_stops_the_stage(
    cluster: Cluster, shop: Shop, traffic: Traffic, prometheus: ExtraPrometheus, begin: Callable[[str], None]
) -> None:
    """It takes connections and answers nobody."""
    begin(prometheus.url)
    held = goes_blind_and_sees_again(
        shop, lambda: cluster.freeze(prometheus.name), lambda: cluster.thaw(prometheus.name)
    )
    assert (held.reason, "no answer within 3 s" in held.message) == ("MetricsUnavailable", True)
    assert traffic.failures() == 0
