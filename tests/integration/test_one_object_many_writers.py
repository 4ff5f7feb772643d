"""Three rollouts on three routes of one VirtualService, and its owner, who edits it all the time.

`CANARY_OPERATOR_WRITERS_SECONDS=600 pytest -m integration tests/integration/test_one_object_many_writers.py` makes it
last longer.
"""

import copy
import json
import os
import threading
import time
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

import pytest

from canary_operator.api.quantities import parse_percentage
from testbed.cluster import Cluster
from testbed.errors import TestbedError
from testbed.load import Plan
from testbed.operator import OperatorProcess
from testbed.shop import NAME, Manifest, Rollout, Shop, Traffic, rollout
from tests.integration.mesh import share_of
from tests.integration.onlooker import Onlooker

pytestmark = pytest.mark.integration

SECONDS = float(os.environ.get("CANARY_OPERATOR_WRITERS_SECONDS", "60"))
PACE = 0.1
"""Seconds between two edits of the owner."""
RULES = {"primary": "/", "admin": "/admin", "mobile": "/mobile"}
"""And a path that each of them takes."""
EACH = 40
"""Requests per second: without any of its own the last run of all would wait for one for ever."""
ANNOTATION = "canary-operator.dev/route"
COUNT = "x-count"
LONGEST = 120


def one_of_three(rule: str) -> Manifest:
    """Moves traffic only, between the same two Services as the others; each starts its runs when it likes."""
    manifest = rollout((("10%", "1s"), ("50%", "1s"), ("100%", "1s")), {"minCanaryRequests": 1})
    del manifest["spec"]["workload"]
    manifest["metadata"]["name"] = f"by-{rule}"
    manifest["spec"]["revision"] = "r1"
    manifest["spec"]["traffic"]["istio"]["virtualServices"] = [{"name": NAME, "routes": [rule]}]
    manifest["spec"]["analysis"]["onShareMismatch"] = "Ignore"
    return manifest


class Pilot(threading.Thread):
    """Starts one run after the other; every third is aborted at some weight."""

    def __init__(self, shop: Shop, rule: str, until: float) -> None:
        super().__init__(daemon=True)
        self.shop, self.rollout, self.until = shop, f"by-{rule}", until
        self.failure: BaseException | None = None
        self.runs = 0

    def run(self) -> None:
        try:
            while time.monotonic() < self.until:
                self.runs += 1
                self._one_run(abort=self.runs % 3 == 0)
        except BaseException as failure:  # noqa: BLE001 -- the test raises it where somebody sees it
            self.failure = failure

    def _one_run(self, *, abort: bool) -> None:
        spec = json.dumps({"spec": {"revision": f"r{self.runs + 1}"}})
        self.shop.kubectl("patch", "canaryrollout", self.rollout, "--type=merge", "-p", spec)
        if abort:
            self.wait("a weight", lambda seen: seen.state == "Staged")
            self._order("abort")
        else:
            self.wait("the end of the stages", lambda seen: seen.reason == "AwaitingStableUpdate")
            self._order("promote")
        self.wait("rest", lambda seen: seen.rests and len(seen.outcomes) >= min(10, self.runs) and not seen.run)

    def _order(self, verb: str) -> None:
        self.shop.kubectl("annotate", "canaryrollout", self.rollout, f"canary-operator.dev/{verb}=true")

    def wait(self, what: str, condition: Any) -> None:
        deadline = time.monotonic() + LONGEST
        while not condition(seen := self.seen()):
            if time.monotonic() > deadline:
                raise TestbedError(
                    f"{self.rollout} waited in vain for {what}: {seen.state} {seen.reason} {seen.message}"
                )
            time.sleep(0.1)

    def seen(self) -> Rollout:
        return Rollout(json.loads(self.shop.kubectl("get", "canaryrollout", self.rollout, "-o", "json")))


class Owner(threading.Thread):
    """Counts up in two places of the object that no rollout has to do with."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(daemon=True)
        self.shop, self.over, self.count = shop, threading.Event(), 0

    def run(self) -> None:
        while not self.over.wait(PACE):
            self.count += 1
            edits = [
                {"op": "add", "path": f"/metadata/annotations/{COUNT}", "value": str(self.count)},
                {"op": "add", "path": f"/spec/http/0/headers/response/set/{COUNT}", "value": str(self.count)},
            ]
            self.shop.kubectl("patch", "virtualservice", NAME, "--type=json", "-p", json.dumps(edits))


class Checked:
    """At each version of the object: every record equals its weights, and the owner's edits are whole and stay."""

    def __init__(self, namespace: str) -> None:
        self.namespace, self.count = namespace, 0
        self.moved: dict[str, set[Fraction]] = {rule: set() for rule in RULES}

    def __call__(self, body: Any) -> None:
        record = json.loads(body["metadata"].get("annotations", {}).get(ANNOTATION, "{}"))
        for rule, moved in self.moved.items():
            said = record.get(f"{self.namespace}/by-{rule}")
            wanted = parse_percentage(said["weight"]) if said else Fraction(0)
            assert Fraction(share_of(body, rule)).limit_denominator() / 100 == wanted, f"{rule}: {body}"
            moved.add(wanted)
        count = int(body["metadata"]["annotations"].get(COUNT, 0))
        assert count == int(body["spec"]["http"][0]["headers"]["response"]["set"].get(COUNT, 0)), "half an edit"
        assert count >= self.count, f"the owner's edit {self.count} was lost: {count}"
        self.count = count


def test_nothing_is_lost_and_no_weight_is_wrong(cluster: Cluster, shop: Shop, operator: OperatorProcess) -> None:
    """Whatever all of them write meanwhile; and each of the three has been at each of its weights."""
    del operator
    before, check = prepared(shop), Checked(shop.namespace)
    with ExitStack() as stack:
        for rule, path in RULES.items():
            stack.enter_context(Traffic(Plan(shop.url, shop.host, EACH, path=path)))
            shop.apply(one_of_three(rule))
        onlooker = stack.enter_context(Onlooker(check).watching(cluster, shop.namespace, NAME))
        owner, until = Owner(shop), time.monotonic() + SECONDS
        pilots = [Pilot(shop, rule, until) for rule in RULES]
        for pilot in pilots:
            pilot.wait("to be adopted", lambda seen: seen.rests)
        for thread in (owner, *pilots):
            thread.start()
        for pilot in pilots:
            pilot.join(SECONDS + 4 * LONGEST)
        owner.over.set()
        owner.join()
        shop.wait("the last edit to be seen", lambda: check.count == owner.count)
        assert [pilot.failure for pilot in pilots] == [None] * len(RULES)
    each = {Fraction(0), Fraction(1, 10), Fraction(1, 2), Fraction(1)}
    assert all(moved == each for moved in check.moved.values()), check.moved
    assert min(pilot.runs for pilot in pilots) > 1
    assert onlooker.seen > owner.count
    after = bare(shop)
    assert after == with_count(before, owner.count)


def prepared(shop: Shop) -> Any:
    """A route with three rules to split, and a first one that is its owner's alone."""
    shop.open_beside("v2")
    body = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))
    body["metadata"] = {"name": NAME, "annotations": {"shop.example/contact": "#checkout"}}
    primary = body["spec"]["http"][1]
    mine = {
        "name": "mine",
        "match": [{"uri": {"prefix": "/mine"}}],
        "headers": {"response": {"set": {"x-mine": "1"}}},
        "route": primary["route"],
    }
    ours = [
        {**primary, "name": rule, "match": [{"uri": {"prefix": path}}]}
        for rule, path in RULES.items()
        if rule != "primary"
    ]
    body["spec"]["http"] = [mine, *ours, primary]
    shop.kubectl("delete", "virtualservice", NAME)
    shop.kubectl("create", "-f", "-", input=json.dumps(body))
    return bare(shop)


def bare(shop: Shop) -> Any:
    body = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))
    return [body["spec"], body["metadata"].get("annotations"), body["metadata"].get("labels")]


def with_count(before: Any, count: int) -> Any:
    spec, annotations, labels = copy.deepcopy(before)
    spec["http"][0]["headers"]["response"]["set"][COUNT] = str(count)
    return [spec, {**annotations, COUNT: str(count)}, labels]
