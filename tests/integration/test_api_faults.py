"""An API server that is slow, throws errors, refuses writes or drops watches: nothing is lost, nothing done twice."""

import itertools
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from random import Random

import pytest
import requests

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.proxy import Proxy, Write
from testbed.shop import NAME, Manifest, Rollout, Shop, Traffic, canary_share, rollout
from tests.integration.freezing import WORDS, freezer

pytestmark = pytest.mark.integration

SHORT = (("50%", "2s"), ("100%", "1s"))
LONG = (("25%", "10m"), ("100%", "10m"))
LONGEST = 90
"""Seconds; four tests at once share the machine."""
HELD = 6.0
"""Seconds for which an answer is kept back: long enough for a busy machine to apply a route meanwhile."""
SOON = 8.0
"""Seconds from the first write that the API server took again to the one that takes the traffic back."""


@pytest.fixture
def traffic(shop: Shop) -> Iterator[Traffic]:
    with shop.traffic(100) as traffic:
        yield traffic


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[Proxy]:
    with Proxy(cluster) as proxy:
        yield proxy


@pytest.fixture
def operator(cluster: Cluster, place: str, proxy: Proxy) -> Iterator[OperatorProcess]:
    """One whose way to the API server leads through the proxy."""
    name = f"operator-{place}"
    with OperatorProcess(cluster, name, namespace=place, environment=proxy.environment) as operator:
        yield operator


def finished(shop: Shop, runs: int = 1) -> Rollout:
    return shop.until(f"{runs} runs to end", lambda seen: seen.rests and len(seen.outcomes) >= runs, LONGEST)


def release_a_bad_one(shop: Shop, proxy: Proxy, tag: str = "v2-f8") -> None:
    """Healthy for so many seconds; returns as soon as it has users."""
    shop.adopt(rollout(LONG))
    proxy.begin()
    shop.release(tag)
    shop.until("the first stage", lambda seen: seen.state == "Staged", LONGEST)


def until_it_fails(shop: Shop, traffic: Traffic) -> None:
    shop.wait("the canary to fail", lambda: traffic.failures() > 0)


def of_the_route(writes: tuple[Write, ...]) -> list[Write]:
    return [write for write in writes if write.call.resource == "virtualservices"]


def shares(proxy: Proxy) -> list[float]:
    return [canary_share(write.answer) for write in of_the_route(proxy.steps())]


def created(proxy: Proxy) -> list[str]:
    return sorted(write.call.resource for write in proxy.steps() if write.call.verb == "create")


def rolled_back_once(shop: Shop, proxy: Proxy, route: str) -> None:
    ended = finished(shop)
    assert (ended.outcomes, ended.status["runs"], ended.last["reason"]) == (["RolledBack"], 1, "Harm")
    assert created(proxy) == ["deployments"]
    shop.wait("the canary to be gone", lambda: not shop.canary_exists())
    assert shop.route() == route


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a leak would make grow."""

    tasks: int
    sockets: int

    @classmethod
    def of(cls, operator: OperatorProcess) -> "Footprint":
        tasks = re.search(r"^canary_operator_tasks (\S+)$", operator.metrics(), re.MULTILINE)
        assert tasks is not None
        return cls(int(float(tasks[1])), operator.usage().sockets)

    def holds(self, later: "Footprint") -> bool:
        return later.tasks <= self.tasks and later.sockets <= self.sockets


def leaks_nothing(shop: Shop, operator: OperatorProcess, before: Footprint) -> None:
    """The framework ends what belongs to an object some seconds after its last event."""
    shop.wait(f"no more than {before}", lambda: before.holds(Footprint.of(operator)), LONGEST)


@pytest.mark.usefixtures("operator")
def test_a_slow_api_server_delays_a_rollback_by_little(shop: Shop, traffic: Traffic, proxy: Proxy) -> None:
    """Two seconds for each call: the operator goes on leading, and its first write takes the traffic back."""
    route = shop.route()
    release_a_bad_one(shop, proxy)
    until_it_fails(shop, traffic)
    began = time.monotonic()
    proxy.slow(2)
    shop.wait("the traffic to go back", lambda: shop.weight() == 0)
    assert time.monotonic() - began < 20
    rolled_back_once(shop, proxy, route)
    assert shares(proxy) == [25, 0, 0]


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("seconds", [3, 9], ids=["within the right to write", "after its end"])
@pytest.mark.parametrize("status", [429, 500, 504])
def test_a_rollback_gets_through_with_the_first_writes(
    shop: Shop, traffic: Traffic, proxy: Proxy, status: int, seconds: float
) -> None:
    """Nobody waits for the end of a long pause when the API server takes writes again."""
    route = shop.route()
    release_a_bad_one(shop, proxy)
    proxy.refuse(status, which=lambda call: call.resource == "virtualservices")
    until_it_fails(shop, traffic)
    proxy.refuse(status)
    time.sleep(seconds)
    assert shop.weight() == 25
    already = len(proxy.writes())
    proxy.heal()
    shop.wait("the traffic to go back", lambda: shop.weight() == 0)
    rolled_back_once(shop, proxy, route)
    later = [write for write in proxy.writes()[already:] if write.applied]
    assert of_the_route(tuple(later))[0].at - later[0].at < SOON
    assert shares(proxy) == [25, 0, 0]


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize(
    ("status", "forwarded"), [(429, False), (500, False), (504, False), (504, True)],
    ids=["too many requests", "error", "timeout", "timeout of a write that was done"],
)  # fmt: skip
def test_half_of_the_writes_may_fail(shop: Shop, traffic: Traffic, proxy: Proxy, status: int, forwarded: bool) -> None:
    """The release is promoted, and what was done behind an error is not done again."""
    route, chance = shop.route(), Random(7)  # noqa: S311 -- a coin
    shop.adopt(rollout(SHORT))
    proxy.begin()
    proxy.refuse(status, forwarded=forwarded, which=lambda call: call.is_step and chance.random() < 0.5)
    shop.release("v2")
    ended = finished(shop)
    assert (ended.outcomes, ended.status["runs"]) == (["Promoted"], 1)
    assert (created(proxy), shares(proxy)) == (["deployments"], [50, 100, 0, 0])
    shop.wait("the canary to be gone", lambda: not shop.canary_exists())
    assert shop.route() == route
    assert traffic.failures() == 0


@pytest.mark.usefixtures("operator")
def test_a_rollback_that_a_policy_refuses_goes_through_when_it_may(shop: Shop, traffic: Traffic, proxy: Proxy) -> None:
    """The condition carries the policy's words meanwhile, and no attempt is more than some seconds away."""
    route = shop.route()
    with freezer(shop, "virtualservices") as policy:
        release_a_bad_one(shop, proxy)
        with policy.frozen():
            until_it_fails(shop, traffic)
            refused = shop.until("the refusal to be said", lambda seen: seen.reason == "WriteRefused")
            assert WORDS in refused.message
            time.sleep(5)
            assert shop.weight() == 25
        shop.wait("the traffic to go back", lambda: shop.weight() == 0)
    attempts = of_the_route(proxy.writes())[1:]
    assert all(later.at - one.at < SOON for one, later in itertools.pairwise(attempts))
    rolled_back_once(shop, proxy, route)
    assert shares(proxy) == [25, 0, 0]


@pytest.mark.usefixtures("operator")
def test_a_route_that_comes_while_it_is_asked_for_is_found(shop: Shop, proxy: Proxy) -> None:
    """One `kubectl apply` of everything: that there is none was true when it was said, and arrives after the route."""
    route = shop.kubectl("get", "virtualservice", NAME, "-o", "json")
    shop.kubectl("delete", "virtualservice", NAME)
    proxy.hold(HELD, lambda call: (call.verb, call.resource) == ("get", "virtualservices"))
    shop.apply(rollout(SHORT))
    shop.wait("the route to be asked for", lambda: proxy.calls()["get", "virtualservices"] > 0)
    time.sleep(0.5)
    assert not shop.rollout().reason
    shop.apply(renewed(route))
    shop.wait_until_told("Adopted")
    time.sleep(HELD)  # the answer of before arrives
    assert "RouteNotFound" not in shop.rollout().reason
    assert not shop.told("RouteNotFound")
    with shop.traffic(100):
        shop.release("v2")
        assert finished(shop).outcomes == ["Promoted"]


def renewed(body: str) -> Manifest:
    """What was read of an object, as somebody would write it again."""
    read = json.loads(body)
    metadata = {key: value for key, value in read["metadata"].items() if key in {"name", "labels"}}
    return {"apiVersion": read["apiVersion"], "kind": read["kind"], "metadata": metadata, "spec": read["spec"]}


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("noted", [False, True], ids=["no look noted", "a look noted"])
def test_a_rollback_needs_no_status(shop: Shop, traffic: Traffic, proxy: Proxy, *, noted: bool) -> None:
    """While nothing can be noted the traffic goes back all the same, once; the rest is done when it can be noted."""
    route = shop.route()
    shop.adopt(rollout(LONG))
    with freezer(shop, "canaryrollouts/status") as policy:
        release_a_bad_one(shop, proxy, "v2-f15" if noted else "v2-f8")
        if noted:
            shop.until("the first look to be noted", lambda seen: seen.status.get("observedWeight") is not None)
        with policy.frozen():
            until_it_fails(shop, traffic)
            shop.wait("the traffic to go back", lambda: shop.weight() == 0)
            time.sleep(3)
            assert shop.rollout().state == "Staged"
    rolled_back_once(shop, proxy, route)
    assert shares(proxy) == [25, 0, 0]


def test_dropped_watches_are_opened_again(
    shop: Shop, traffic: Traffic, proxy: Proxy, operator: OperatorProcess
) -> None:
    """However often: the same process goes on, sees what comes later, and keeps nothing of the old ones."""
    shop.adopt(rollout(SHORT))
    shop.release("v2")
    assert finished(shop).outcomes == ["Promoted"]
    before, process = Footprint.of(operator), operator.pid
    for _ in range(30):
        proxy.drop_watches()
        time.sleep(0.1)
    shop.release("v3")
    shop.until("the next run", lambda seen: seen.state == "Staged", LONGEST)
    proxy.drop_watches()
    assert finished(shop, 2).outcomes == ["Promoted", "Promoted"]
    leaks_nothing(shop, operator, before)
    assert operator.pid == process
    assert traffic.failures() == 0


def test_an_operator_that_is_cut_off_goes_on(
    shop: Shop, traffic: Traffic, proxy: Proxy, operator: OperatorProcess
) -> None:
    """Ten seconds without any connection, in mid-run: no weight moves, and then it is as if nothing had been."""
    shop.adopt(rollout((("25%", "5s"), ("100%", "1s"))))
    before, process = Footprint.of(operator), operator.pid
    proxy.begin()
    shop.release("v2")
    shop.until("the first stage", lambda seen: seen.state == "Staged", LONGEST)
    proxy.cut()
    time.sleep(10)
    assert shop.weight() == 25
    proxy.heal()
    ended = finished(shop)
    assert (ended.outcomes, ended.status["runs"], operator.pid) == (["Promoted"], 1, process)
    assert (created(proxy), shares(proxy)) == (["deployments"], [25, 100, 0, 0])
    leaks_nothing(shop, operator, before)
    assert traffic.failures() == 0


@pytest.mark.serial
def test_versions_that_etcd_has_forgotten_are_listed_anew(
    cluster: Cluster, shop: Shop, proxy: Proxy, operator: OperatorProcess
) -> None:
    """Cut off while etcd is compacted and the API server restarted: it can't go on from there, and lists anew."""
    with shop.traffic(100):
        shop.adopt(rollout(SHORT))
        before, process, known = Footprint.of(operator), operator.pid, newest_version(cluster, shop)
        proxy.cut()
        shop.release("v2")
        compact(cluster)
        cluster.restart("kube-apiserver")  # what it still has in memory would do as well
        assert is_expired(cluster, shop, known)
        lists = proxy.calls()["list", "canaryrollouts"]
        proxy.heal()
        assert finished(shop).outcomes == ["Promoted"]
        assert proxy.calls()["list", "canaryrollouts"] > lists
        shop.release("v3")
        assert finished(shop, 2).outcomes == ["Promoted", "Promoted"]
    leaks_nothing(shop, operator, before)
    assert operator.pid == process


def newest_version(cluster: Cluster, shop: Shop) -> str:
    """The resourceVersion up to which a watch that has kept up knows everything."""
    return str(json.loads(cluster.kubectl("get", "--raw", rollouts(shop)))["metadata"]["resourceVersion"])


def is_expired(cluster: Cluster, shop: Shop, version: str) -> bool:
    """Whether a watch can't begin there any more."""
    query = f"?watch=true&timeoutSeconds=1&resourceVersion={version}"
    first = cluster.kubectl("get", "--raw", rollouts(shop) + query).partition("\n")[0]
    return bool(first) and json.loads(first)["object"].get("code") == HTTPStatus.GONE


def rollouts(shop: Shop) -> str:
    return f"/apis/canary-operator.dev/v1alpha1/namespaces/{shop.namespace}/canaryrollouts"


def compact(cluster: Cluster) -> None:
    """All but the newest version of everything is forgotten."""
    etcd = cluster.state.url("etcd")
    any_key = {"key": "AA==", "range_end": "AA==", "count_only": True}
    newest = requests.post(f"{etcd}/v3/kv/range", json=any_key, timeout=10).json()["header"]["revision"]
    requests.post(
        f"{etcd}/v3/kv/compaction", json={"revision": newest, "physical": True}, timeout=30
    ).raise_for_status()
