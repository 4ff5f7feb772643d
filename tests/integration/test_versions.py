"""Two versions of the operator in one run: whichever comes, it goes on where the other one stopped."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.shop import Shop, rollout

pytestmark = pytest.mark.integration

WHEELS = sorted((Path(__file__).parent / "versions").glob("*.whl"))
"""Every version that a cluster may come from."""
STAGES = (("10%", "8s"), ("50%", "8s"), ("100%", "3s"))
LONGEST = 60


def of(wheel: Path) -> Mapping[str, str]:
    """A wheel of pure Python is a place to import from, and comes before what is installed."""
    return {"PYTHONPATH": str(wheel)}


@pytest.mark.parametrize("wheel", WHEELS, ids=lambda wheel: wheel.stem)
def test_an_upgrade_and_the_way_back_are_one_run(cluster: Cluster, place: str, shop: Shop, wheel: Path) -> None:
    """Old, new, old, new: no stage is repeated or skipped, no second run begins, no request fails."""
    route = shop.route()
    older = OperatorProcess(cluster, f"{place}-older", namespace=place, environment=of(wheel))
    newer = OperatorProcess(cluster, f"{place}-newer", namespace=place)
    with shop.traffic(100) as traffic:
        with older:
            shop.adopt(rollout(STAGES))
            shop.release("v2")
            first = shop.until("the first stage", lambda seen: seen.state == "Staged", LONGEST)
        with newer:
            shop.until("the second stage", lambda seen: seen.state == "Staged" and seen.stage == "2/3", LONGEST)
        with older:
            shop.until("the last stage", lambda seen: seen.state == "Staged" and seen.stage == "3/3", LONGEST)
        with newer:
            done = shop.until("the run to end", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)
    assert (done.outcomes, done.last["id"], done.status["runs"]) == (["Promoted"], first.run, 1)
    assert traffic.failures() == 0
    shop.wait("the canary to be gone", lambda: not shop.canary_exists())
    assert shop.route() == route


@pytest.mark.parametrize("wheel", WHEELS, ids=lambda wheel: wheel.stem)
def test_a_newer_version_judges_by_what_the_older_one_had_seen(
    cluster: Cluster, place: str, shop: Shop, wheel: Path
) -> None:
    """The older one is gone in mid-stage; harm that comes then is taken back by the newer one."""
    older = OperatorProcess(cluster, f"{place}-older", namespace=place, environment=of(wheel))
    newer = OperatorProcess(cluster, f"{place}-newer", namespace=place)
    with shop.traffic(100) as traffic:
        with older:
            shop.adopt(rollout((("25%", "10m"), ("100%", "3s"))))
            shop.release("v2-f10")
            shop.until("requests", lambda seen: (seen.status.get("canaryRequests") or 0) > 0, LONGEST)
        with newer:
            done = shop.until("the run to end", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)
    assert (done.last["outcome"], done.last["reason"]) == ("RolledBack", "Harm")
    assert set(traffic.summary()["versions"]) == {"v1", "v2-f10"}
