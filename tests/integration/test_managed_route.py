"""The operator makes the delegate and splits that: the root, which is in Git, stays byte for byte what it was."""

import json
import time
from collections.abc import Iterator
from math import sqrt
from typing import Any

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.shop import CANARY, NAME, Manifest, Rollout, Shop, Traffic, rollout

pytestmark = pytest.mark.integration

SPLIT = f"{NAME}-split"
RATE = 100
COUNTED = 15
LONGEST = 60
SOON = 90
"""Seconds until the object is gone; the collector of a new cluster learns of new kinds every thirty."""
LONG = (("33%", "10m"), ("100%", "1s"))


def managed(stages: tuple[tuple[str, str], ...] = LONG) -> Manifest:
    manifest = rollout(stages)
    manifest["spec"]["traffic"]["istio"]["virtualServices"] = [{"name": SPLIT, "managedRoute": True}]
    return manifest


class Root:
    """The shop's own VirtualService, which delegates."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def delegate(self) -> None:
        """As the documentation says: `delegate` in place of `route`, and all else of the rule as it was."""
        body = self.read(NAME)
        rule = body["spec"]["http"][1]
        del rule["route"]
        rule["delegate"] = {"name": SPLIT, "namespace": self.shop.namespace}
        self.shop.kubectl("replace", "-f", "-", input=json.dumps(body))

    def read(self, name: str) -> Any:
        return json.loads(self.shop.kubectl("get", "virtualservice", name, "-o", "json"))

    def text(self) -> str:
        """All of it, its version included."""
        return self.shop.kubectl("get", "virtualservice", NAME, "-o", "json", "--show-managed-fields")

    def made(self) -> bool:
        return bool(self.shop.kubectl("get", "virtualservice", SPLIT, "--ignore-not-found"))

    def share(self) -> int:
        """The canary's percentage."""
        route = self.read(SPLIT)["spec"]["http"][-1]["route"]
        return sum(each.get("weight", 0) for each in route if each["destination"]["host"].startswith(CANARY))


@pytest.fixture
def root(shop: Shop, operator: OperatorProcess) -> Root:
    """Delegates since its delegate is there, and the rollout is adopted."""
    del operator
    found = Root(shop)
    shop.adopt(managed())
    found.delegate()
    return found


@pytest.fixture
def traffic(shop: Shop, root: Root) -> Iterator[Traffic]:
    del root
    with shop.traffic(RATE) as found:
        shop.wait("the delegate to answer", lambda: found.answers()["v1"] > RATE)
        yield found


def staged(shop: Shop) -> Rollout:
    return shop.until("the weight", lambda seen: seen.state == "Staged" and seen.weight == "33%", LONGEST)


def ended(shop: Shop, runs: int = 1) -> Rollout:
    return shop.until("the end of the run", lambda seen: seen.rests and len(seen.outcomes) >= runs, LONGEST)


def test_a_root_learns_to_delegate_without_losing_a_request(shop: Shop, operator: OperatorProcess) -> None:
    """The delegate is there first, so the edit of the root is all that there is to the change."""
    del operator
    found = Root(shop)
    with shop.traffic(RATE) as traffic:
        shop.adopt(managed())
        assert found.made()
        found.delegate()
        time.sleep(3)
        assert traffic.failures() == 0
    body = found.read(SPLIT)
    assert (set(body["spec"]), body["metadata"]["labels"]["canary-operator.dev/rollout"]) == ({"http"}, NAME)
    assert "ownerReferences" not in body["metadata"]


def test_releases_and_rollbacks_leave_the_root_alone(shop: Shop, root: Root, traffic: Traffic) -> None:
    """Users are split as closely as chance allows, a good version passes, a bad one goes home, nobody wrote to it."""
    before, made = root.text(), root.read(SPLIT)["spec"]
    shop.release("v2")
    staged(shop)
    shop.wait_until_obeyed(33)
    first = traffic.answers()
    time.sleep(COUNTED)
    later = traffic.answers() - first
    assert abs(later["v2"] - 0.33 * later.total()) <= 4.5 * sqrt(later.total() * 0.33 * 0.67)
    shop.order("promote")
    assert ended(shop).last["outcome"] == "Promoted"
    assert traffic.failures() == 0
    shop.release("v3-e100")
    assert ended(shop, 2).last["outcome"] == "RolledBack"
    assert root.read(SPLIT)["spec"] == made
    assert root.text() == before


@pytest.mark.parametrize("reach", ["at rest", "in a stage"])
def test_one_that_is_deleted_is_there_again_at_once(shop: Shop, root: Root, traffic: Traffic, reach: str) -> None:
    """With the weight of the run, which goes on; who was sent to it meanwhile got a 404, for less than two seconds."""
    if reach == "in a stage":
        shop.release("v2")
        staged(shop)
    share, failures = root.share(), traffic.failures()
    uid = root.read(SPLIT)["metadata"]["uid"]
    shop.kubectl("delete", "virtualservice", SPLIT, "--wait=false")
    shop.wait("a new one", lambda: root.made() and root.read(SPLIT)["metadata"]["uid"] != uid, 10)
    assert root.share() == share
    time.sleep(3)
    assert traffic.failures() - failures < 2 * RATE
    assert [event["note"] for event in shop.events() if event["reason"] == "RouteMade"][-1] == (
        f"VirtualService {shop.namespace}/{SPLIT} does not exist and is made"
    )
    failures = traffic.failures()
    if reach == "in a stage":
        assert shop.rollout().state == "Staged"
        shop.order("promote")
        assert ended(shop).last["outcome"] == "Promoted"
    time.sleep(1)
    assert traffic.failures() == failures


def test_an_object_of_the_same_name_is_left_alone(shop: Shop, operator: OperatorProcess) -> None:
    """It is named with the cure, and nothing of it is changed."""
    del operator
    found = Root(shop)
    theirs = {"hosts": ["elsewhere.example"], "http": [{"route": [{"destination": {"host": NAME}}]}]}
    kind = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService"}
    shop.apply({**kind, "metadata": {"name": SPLIT}, "spec": theirs})
    before = shop.kubectl("get", "virtualservice", SPLIT, "-o", "json")
    shop.apply(managed())
    held = shop.until("the refusal", lambda seen: seen.reason == "RouteNameTaken")
    assert f"VirtualService {shop.namespace}/{SPLIT} exists and was not made for this rollout" in held.message
    assert shop.kubectl("get", "virtualservice", SPLIT, "-o", "json") == before
    shop.kubectl("delete", "virtualservice", SPLIT)
    shop.until("the adoption", lambda seen: seen.rests)
    assert found.read(SPLIT)["spec"] != theirs


@pytest.mark.parametrize("cascade", ["background", "foreground"])
def test_deleting_the_rollout_loses_no_request(shop: Shop, root: Root, traffic: Traffic, cascade: str) -> None:
    """In the middle of a run: stable has everything, the delegate stays, and an event says so. A new rollout has it."""
    before = root.text()
    shop.release("v2")
    staged(shop)
    shop.kubectl("delete", "canaryrollout", NAME, f"--cascade={cascade}", f"--timeout={SOON}s")
    shop.wait("the canary to be gone", lambda: not shop.canary_exists())
    time.sleep(3)
    assert traffic.failures() == 0
    assert root.share() == 0
    assert "annotations" not in root.read(SPLIT)["metadata"]
    (kept,) = shop.told("RouteKept")
    assert f"VirtualService {SPLIT}" in kept
    assert root.text() == before
    uid = root.read(SPLIT)["metadata"]["uid"]
    shop.kubectl("rollout", "resume", f"deployment/{NAME}")
    shop.adopt(managed())
    assert root.read(SPLIT)["metadata"]["uid"] == uid


@pytest.mark.serial
def test_a_route_that_nobody_delegates_to_is_told_with_the_line(cluster: Cluster, shop: Shop, installed: None) -> None:
    """An operator that sees all namespaces knows; the line that it says is the one that is missing."""
    del installed
    found = Root(shop)
    with OperatorProcess(cluster):
        shop.apply(managed())
        held = shop.until("the hold", lambda seen: seen.reason == "RouteNotDelegated")
        assert f"delegate: {{name: {SPLIT}, namespace: {shop.namespace}}} in place of route" in held.message
        assert found.made()
        found.delegate()
        shop.until("the adoption", lambda seen: seen.rests, 5)
        shop.kubectl("delete", "canaryrollout", NAME, "--timeout=30s")
