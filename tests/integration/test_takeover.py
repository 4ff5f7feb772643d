"""One replica goes on where the other was, in the middle of a run."""

from collections.abc import Iterator

import pytest

from testbed.cluster import Cluster
from testbed.control_plane import FIRST, STANDBY
from testbed.operator import OperatorProcess
from testbed.shop import Shop, Traffic, rollout
from tests.integration.replicas import a_pair, reigns, seconds_until

pytestmark = pytest.mark.integration

LONGEST = 60
TAKEOVER = 10


@pytest.fixture
def traffic(shop: Shop) -> Iterator[Traffic]:
    with shop.traffic(100) as traffic:
        yield traffic


def release_until_staged(shop: Shop, tag: str) -> None:
    shop.release(tag)
    shop.until(f"the first stage of {tag}", lambda seen: seen.state == "Staged" and seen.stage == "1/2", LONGEST)


def change_places(old: OperatorProcess, new: OperatorProcess, shop: Shop, verb: str, state: str) -> None:
    """The leader falls asleep; the other one takes over, does what a person orders, and the old one wakes."""
    old.freeze()
    assert seconds_until(new.leads, LONGEST) < TAKEOVER
    shop.order(verb)
    shop.until(f"{verb} to be obeyed", lambda seen: seen.state == state and verb not in orders(seen.body), LONGEST)
    old.thaw()


def orders(body: object) -> str:
    return str(body["metadata"]["annotations"]) if isinstance(body, dict) else ""


def test_a_run_outlives_its_leader(cluster: Cluster, place: str, shop: Shop, traffic: Traffic) -> None:
    """Killed in mid-run, it gives nothing back; the other one finds the run where it was, and no user notices."""
    with a_pair(cluster, place) as (first, second):
        shop.adopt(rollout((("25%", "6s"), ("100%", "3s"))))
        release_until_staged(shop, "v2")
        first.kill()
        assert seconds_until(second.leads, LONGEST) < TAKEOVER
        ended = shop.until("the end of the run", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)
    assert (ended.outcomes, ended.status["runs"]) == (["Promoted"], 1)
    assert reigns(cluster, place) == [FIRST, STANDBY]
    assert traffic.failures() == 0


def test_a_leader_that_slept_writes_nothing_when_it_wakes(
    cluster: Cluster, place: str, shop: Shop, traffic: Traffic
) -> None:
    """Whatever it had in mind: from the other's first write on, none of its own takes effect. And so the other way."""
    with a_pair(cluster, place) as (first, second):
        shop.adopt(rollout((("25%", "10m"), ("100%", "10m"))))
        release_until_staged(shop, "v2")
        change_places(first, second, shop, "promote", "Staged")
        change_places(second, first, shop, "abort", "Resting")
        seconds_until(lambda: not second.leads(), 2)
        assert first.leads()
    assert reigns(cluster, place) == [FIRST, STANDBY, FIRST]
    assert shop.rollout().outcomes == ["Aborted"]
    assert traffic.failures() == 0
