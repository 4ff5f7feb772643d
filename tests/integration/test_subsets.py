"""One Service, two subsets of it behind a real Envoy: split, judged by who answers, and given back."""

import time
from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.proxy import Call, Proxy
from testbed.shop import CANARY, NAME, Rollout, SubsetShop, Traffic
from testbed.shop.reader import Reader
from testbed.shop.subsets import LABEL, VERSIONS, by_subsets, destination_rule
from tests.integration.rehearsal import Performance, Rehearsal, nothing_was_done_twice, rises_once_and_falls_once
from tests.integration.served import wait_until_served

pytestmark = pytest.mark.integration

RATE = 150
COUNTED = 10
LONGEST = 60
LONG = (("33%", "10m"), ("100%", "1s"))
THEIRS = {"name": "canary", "labels": {LABEL: "v9"}}
OURS = {"name": "canary", "labels": {LABEL: VERSIONS[1]}}


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> SubsetShop:
    shop = SubsetShop(cluster, namespace)
    shop.open()
    return shop


@pytest.fixture
def traffic(shop: SubsetShop) -> Iterator[Traffic]:
    with shop.traffic(RATE) as traffic:
        yield traffic


def ended(shop: SubsetShop, runs: int = 1) -> Rollout:
    return shop.until("the end of the run", lambda seen: seen.rests and len(seen.outcomes) >= runs, LONGEST)


def at_its_weight(shop: SubsetShop) -> Rollout:
    return shop.until("the weight", lambda seen: seen.state == "Staged" and seen.weight == "33%", LONGEST)


def a_third_is_v2(shop: SubsetShop, traffic: Traffic) -> None:
    """Within four and a half standard deviations."""
    shop.wait_until_obeyed(33)
    before = traffic.answers()
    time.sleep(COUNTED)
    later = traffic.answers() - before
    total = later.total()
    assert total > 1000
    assert abs(later["v2"] - 0.33 * total) <= 4.5 * sqrt(total * 0.33 * 0.67)


@pytest.mark.parametrize("theirs", [None, THEIRS], ids=["added", "existing"])
def test_a_good_release_is_split_between_subsets_and_promoted(
    shop: SubsetShop, traffic: Traffic, operator: OperatorProcess, theirs: Mapping[str, Any] | None
) -> None:
    """Chance gives each subset its share, nobody meets an error, and both objects are what their owner wrote."""
    del operator
    if theirs is not None:
        shop.apply(destination_rule(theirs))
    route, rule, first = shop.route(), shop.rule(), shop.subsets()
    shop.adopt(by_subsets(LONG))
    assert shop.rule() == rule, "at rest there is nothing of ours"
    shop.release("v2")
    at_its_weight(shop)
    assert shop.weight() == 33
    assert shop.subsets() == [*first, *([OURS] if theirs is None else [])]
    a_third_is_v2(shop, traffic)
    seen = shop.until(
        "requests of both to be counted",
        lambda seen: seen.reason == "StageRunning" and int(seen.status.get("canaryRequests") or 0) > 300,
        LONGEST,
    )
    assert abs(float(str(seen.status["observedWeight"]).rstrip("%")) - 33) < 5
    shop.order("promote")
    assert ended(shop).last["outcome"] == "Promoted"
    shop.wait("the new version everywhere", lambda: not shop.canary_exists())
    assert (shop.route(), shop.rule()) == (route, rule)
    assert traffic.failures() == 0


@pytest.mark.parametrize("theirs", [None, THEIRS], ids=["added", "existing"])
def test_a_bad_release_is_taken_back(
    shop: SubsetShop, traffic: Traffic, operator: OperatorProcess, theirs: Mapping[str, Any] | None
) -> None:
    """Both arms have the same Service, and still only one of them is blamed; nobody meets it afterwards."""
    del operator
    if theirs is not None:
        shop.apply(destination_rule(theirs))
    route, rule = shop.route(), shop.rule()
    shop.adopt(by_subsets(LONG))
    shop.release("v2-e100")
    done = ended(shop)
    assert (done.last["outcome"], done.last["reason"]) == ("RolledBack", "Harm")
    assert (shop.route(), shop.rule()) == (route, rule)
    wait_until_served(shop, traffic, "v1")
    met = traffic.answers()["v2-e100"]
    assert met > 0
    time.sleep(2)
    assert traffic.answers()["v2-e100"] == met


def test_a_subset_that_is_taken_away_takes_the_traffic_back_until_a_person_says_so(
    shop: SubsetShop, traffic: Traffic, operator: OperatorProcess
) -> None:
    """A tool that puts its manifest back would do it again."""
    del operator
    route, rule = shop.route(), shop.rule()
    shop.adopt(by_subsets(LONG))
    shop.release("v2")
    at_its_weight(shop)
    shop.kubectl("patch", "destinationrule", NAME, "--type=json", "-p", '[{"op": "remove", "path": "/spec/subsets/1"}]')
    shop.wait("the traffic to be on stable", lambda: shop.weight() == 0)
    shop.wait_until_told("SubsetLost")
    shop.until("the wait for a person", lambda seen: seen.held and seen.reason == "Paused")
    shop.wait("the subset to be there again", lambda: OURS in shop.subsets())
    assert shop.weight() == 0
    shop.order("resume")
    at_its_weight(shop)
    shop.wait_until_obeyed(33)
    failures = traffic.failures()
    a_third_is_v2(shop, traffic)
    assert traffic.failures() == failures
    shop.order("abort")
    assert ended(shop).last["outcome"] == "Aborted"
    assert (shop.route(), shop.rule()) == (route, rule)


def test_deleting_the_rollout_gives_both_back(shop: SubsetShop, traffic: Traffic, operator: OperatorProcess) -> None:
    """In the middle of a run: nobody notices, and nothing of ours is left."""
    del operator
    route, rule = shop.route(), shop.rule()
    shop.adopt(by_subsets(LONG))
    shop.release("v2")
    at_its_weight(shop)
    shop.kubectl("delete", "canaryrollout", NAME, "--timeout=30s")
    assert (shop.route(), shop.rule()) == (route, rule)
    assert shop.deployment(CANARY) is None
    assert traffic.failures() == 0


def test_subsets_whose_labels_do_not_tell_the_pods_apart_are_refused(
    shop: SubsetShop, operator: OperatorProcess
) -> None:
    """The labels are named, and nothing is touched until they are mended."""
    del operator
    wrong = destination_rule()
    wrong["spec"]["subsets"][0]["labels"] = {"app": NAME}
    shop.apply(wrong)
    rule = shop.rule()
    shop.apply(by_subsets())
    held = shop.until("the refusal", lambda seen: seen.reason == "LabelNotFound")
    assert "the subset stable (app=checkout)" in held.message
    assert shop.rule() == rule
    shop.apply(destination_rule())
    shop.until("the Deployment to be adopted", lambda seen: seen.rests)


class ReadyInSubset:
    """Counts the canary's pods among the ready endpoints of the one Service before each write of the route."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._reader = Reader(cluster.state, namespace)

    def __call__(self, call: Call) -> int:
        return sum(1 for _ in self._ready()) if call.resource == "virtualservices" else 0

    def _ready(self) -> Iterator[object]:
        rule = self._reader.one("networking.istio.io/v1", "destinationrules", NAME) or {"spec": {}}
        if not any(one["name"] == "canary" for one in rule["spec"].get("subsets", [])):
            return
        for piece in self._reader.all("discovery.k8s.io/v1", "endpointslices"):
            for one in piece.get("endpoints") or []:
                if one["conditions"].get("ready") and one["targetRef"]["name"].startswith(f"{CANARY}-"):
                    yield one


@pytest.fixture
def rehearsal(cluster: Cluster, place: str, shop: SubsetShop, traffic: Traffic) -> Iterator[Rehearsal]:
    """The traffic comes first and goes last."""
    del traffic
    with (
        Proxy(cluster, witness=ReadyInSubset(cluster, place)) as proxy,
        OperatorProcess(cluster, f"operator-{place}", namespace=place, environment=proxy.environment) as operator,
    ):
        yield Rehearsal(shop, operator, proxy)


NEVER = 10_000
TOUCHED = {"virtualservices", "destinationrules", "deployments"}


def writes(run: Performance) -> list[int]:
    return [at for at, step in enumerate(run.steps, start=1) if step.call.resource in TOUCHED]


def subsets_after(run: Performance) -> list[int]:
    """How many there were after each write of the DestinationRule."""
    found = [step for step in run.steps if step.call.resource == "destinationrules"]
    return [len(step.answer["spec"]["subsets"]) for step in found]


@pytest.mark.parametrize("delivered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("behaviour", ["", "-e100"], ids=["good", "bad"])
def test_a_release_survives_a_kill_at_any_write(
    rehearsal: Rehearsal, shop: SubsetShop, traffic: Traffic, behaviour: str, delivered: bool
) -> None:
    """The subset is added once and removed once, no weight rises without it, and both objects are given back."""
    route, rule = shop.route(), shop.rule()
    shop.adopt(by_subsets((("50%", "1s"), ("100%", "1s"))))
    whole = rehearsal.release(f"v2{behaviour}", NEVER, delivered=True)
    assert subsets_after(whole) == [2, 1]
    for number, moment in enumerate(writes(whole), start=3):
        run = rehearsal.release(f"v{number}{behaviour}", moment, delivered=delivered)
        assert run.after.last["outcome"] == ("RolledBack" if behaviour else "Promoted")
        assert rises_once_and_falls_once(run.shares), run.shares
        nothing_was_done_twice(run)
        assert (shop.route(), shop.rule()) == (route, rule)
        assert shop.deployment(CANARY) is None
    if not behaviour:
        assert traffic.failures() == 0
