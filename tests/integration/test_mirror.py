"""Mirrored requests on a real Envoy: nobody sees what the canary answers, and its own pods say how it does.

By routes of both kinds alike.
"""

import math
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests

from testbed.cluster import Cluster
from testbed.shop import CANARY, NAME, Manifest, Shop
from tests.integration.route_kinds import VIRTUAL_SERVICE, Kind

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

BEFORE = 300
"""Requests before a release, so that something is known of how long they take."""
COMPARES = {"metrics": [{"preset": "istio-error-rate", "maxIncrease": "50%"}]}


@pytest.fixture
def shop(cluster: Cluster, namespace: str, kind: Kind) -> Shop:
    return kind.opened(cluster, namespace)


def ours(kind: Kind) -> list[str]:
    """The API has no test of two methods, so there is a rule for each."""
    of = [""] if kind is VIRTUAL_SERVICE else [".get", ".head"]
    return [f"canary-operator-mirror{each}-{NAME}" for each in of]


def mirrored(
    kind: Kind, *mirrors: tuple[str, str], then: tuple[tuple[str, str], ...] = (("50%", "4s"), ("100%", "2s"))
) -> Manifest:
    """The shop's rollout with copies first."""
    manifest = kind.rollout(then)
    copies = [{"mirror": share, "duration": duration} for share, duration in mirrors]
    manifest["spec"]["stages"] = [*copies, *manifest["spec"]["stages"]]
    manifest["spec"]["analysis"] = {**manifest["spec"]["analysis"], **COMPARES}
    return manifest


def until(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)


def reported(shop: Shop, by: str) -> Counter[str]:
    """Requests as Prometheus has them: by callers for each Service, by pods for each Deployment."""
    label = "destination_service_name" if by == "source" else "destination_workload"
    space = "destination_service_namespace" if by == "source" else "destination_workload_namespace"
    query = f'sum by({label})(istio_requests_total{{reporter="{by}",{space}="{shop.namespace}"}})'
    url = f"{shop.cluster.state.url('prometheus')}/api/v1/query"
    rows = requests.get(url, params={"query": query}, timeout=5).json()["data"]["result"]
    return Counter({row["metric"][label]: round(float(row["value"][1])) for row in rows})


def part_copied(rule: Any) -> int:
    """In percent."""
    of_http_route = [one["requestMirror"] for one in rule.get("filters", ()) if "requestMirror" in one]
    return int(of_http_route[-1]["percent"] if of_http_route else rule["mirrorPercentage"]["value"])


def begun(shop: Shop, tag: str) -> None:
    shop.release(tag)
    shop.until("the mirror", lambda seen: (seen.state, seen.stage[:2]) == ("Staged", "1/"), 60)
    until("the first copies", lambda: reported(shop, "destination")[CANARY] > 0)


def send(shop: Shop, method: str, number: int) -> set[str]:
    """The versions that answered."""
    headers = {"Host": shop.host}
    with requests.Session() as session:
        answers = [session.request(method, shop.url, headers=headers, timeout=5) for _ in range(number)]
    return {str(answer.headers.get("x-version")) for answer in answers}


@pytest.mark.parametrize("share", [100, 10])
def test_the_canary_gets_its_share_of_copies_and_users_have_stable(shop: Shop, kind: Kind, share: int) -> None:
    """Its pods count them and no caller does; whatever it answers, nobody sees it."""
    shop.adopt(mirrored(kind, (f"{share}%", "10m")))
    with shop.traffic(100) as traffic:
        begun(shop, "v2")
        before = reported(shop, "destination")
        time.sleep(20)
        answered = reported(shop, "destination") - before
        copies, every = answered[CANARY], answered[NAME]
        scatter = 4 * math.sqrt(every * share / 100 * (1 - share / 100)) + 0.05 * every * share / 100 + 20
        assert abs(copies - every * share / 100) < scatter, f"{copies} copies of {every} requests"
        assert reported(shop, "source")[CANARY] == 0
        seen = shop.until("a look to be told", lambda seen: seen.message.startswith("Mirrored"), 60)
        assert (seen.weight, seen.status.get("observedWeight")) == ("0%", None)
        assert seen.message.startswith("Mirrored, so nobody sees what the canary answers. No harm found so far")
        assert seen.status["canaryRequests"] > 0
        shop.order("abort")
        shop.until("the end", lambda seen: seen.outcomes == ["Aborted"] and seen.rests)
    summary = traffic.stop()
    assert set(summary["versions"]) == {"v1"}
    assert traffic.failures() == 0


def test_a_canary_that_fails_every_copy_is_gone_before_any_user_meets_it(shop: Shop, kind: Kind) -> None:
    """Not one failure, not one answer of it."""
    before = shop.route()
    shop.adopt(mirrored(kind, ("10%", "10m")))
    with shop.traffic(100) as traffic:
        shop.release("v2-e100")
        shop.until("the end", lambda seen: seen.outcomes == ["RolledBack"] and seen.rests, 60)
    last = shop.rollout().last
    assert last["reason"] == "Harm"
    assert re.match(
        r"Mirrored, so nobody sees what the canary answers\. The canary fails too often: (\d+) of \1 ", last["message"]
    )
    assert set(traffic.stop()["versions"]) == {"v1"}
    assert traffic.failures() == 0
    assert shop.route() == before


def test_a_slow_canary_is_found_by_its_copies(cluster: Cluster, namespace: str) -> None:
    """By the durations that its own pods report."""
    shop = Shop(cluster, namespace)
    shop.open("v1-l60-lognormal")
    manifest = mirrored(VIRTUAL_SERVICE, ("50%", "10m"))
    manifest["spec"]["analysis"]["metrics"] = [{"preset": "istio-latency-p95", "maxIncrease": "20%"}]
    shop.adopt(manifest)
    with shop.traffic(60) as traffic:
        until("durations of stable", lambda: reported(shop, "destination")[NAME] >= BEFORE, 60)
        shop.release("v2-l180-lognormal")
        shop.until("the end", lambda seen: seen.outcomes == ["RolledBack"] and seen.rests, 90)
    assert "The canary is too slow: " in shop.rollout().last["message"]
    assert set(traffic.stop()["versions"]) == {"v1-l60-lognormal"}
    assert traffic.failures() == 0


def test_an_order_is_not_carried_out_twice(shop: Shop, kind: Kind) -> None:
    """GET and HEAD are copied, and with allowUnsafe every method is."""
    shop.adopt(mirrored(kind, ("100%", "10m")))
    with shop.traffic(5):
        begun(shop, "v2")
    until("the last copy", lambda: _still(shop))
    before = reported(shop, "destination")
    assert send(shop, "POST", 60) | send(shop, "PUT", 20) == {"v1"}
    until("the orders to be counted", lambda: (reported(shop, "destination") - before)[NAME] == 80)
    assert (reported(shop, "destination") - before)[CANARY] == 0
    assert send(shop, "HEAD", 30) == {"v1"}
    until("the copies to be counted", lambda: (reported(shop, "destination") - before)[CANARY] == 30)
    assert kind.names(shop) == [kind.beside, *ours(kind), "primary"]


def test_every_method_is_copied_where_the_rollout_says_so(shop: Shop, kind: Kind) -> None:
    manifest = mirrored(kind, ("100%", "10m"))
    manifest["spec"]["traffic"]["mirror"] = {"allowUnsafe": True}
    shop.adopt(manifest)
    with shop.traffic(5):
        begun(shop, "v2")
    until("the last copy", lambda: _still(shop))
    before = reported(shop, "destination")
    assert send(shop, "POST", 40) == {"v1"}
    until("the copies to be counted", lambda: (reported(shop, "destination") - before)[CANARY] == 40)


def _still(shop: Shop) -> bool:
    before = reported(shop, "destination")
    time.sleep(2.5)
    return reported(shop, "destination") == before


def test_a_healthy_canary_goes_on_to_its_users_and_is_promoted(shop: Shop, kind: Kind) -> None:
    """Ever more copies, then weights; the route is as it was, and Envoy never lacked a pod."""
    before = shop.route()
    shop.adopt(mirrored(kind, ("20%", "8s"), ("100%", "6s")))
    with shop.traffic(60) as traffic:
        shop.release("v2")
        shop.until("copies", lambda seen: (seen.state, seen.stage) == ("Staged", "1/4"), 60)
        assert {part_copied(rule) for rule in kind.rules_of(shop)[1:-1]} == {20}
        assert all("8s" in str(rule) for rule in kind.rules_of(shop)[1:-1]), "its timeout is the split rule's"
        shop.until("all copies", lambda seen: (seen.state, seen.stage) == ("Staged", "2/4"), 60)
        assert {part_copied(rule) for rule in kind.rules_of(shop)[1:-1]} == {100}
        assert set(traffic.answers()) == {"v1"}
        shop.until("users", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"), 60)
        assert kind.names(shop) == [kind.beside, "primary"]
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 120)
    assert shop.route() == before
    assert traffic.failures() == 0
    assert set(traffic.stop()["versions"]) == {"v1", "v2"}
    started, *_ = shop.told("StageStarted")
    assert "copies of 20% of the requests that are GET or HEAD (nobody sees its answers)" in started


def test_a_rule_that_somebody_takes_away_holds_the_run(shop: Shop, kind: Kind) -> None:
    """Until a person says resume."""
    shop.adopt(mirrored(kind, ("20%", "10m")))
    with shop.traffic(40):
        begun(shop, "v2")
        kind.remove(shop, "1")
        held = shop.until("the hold", lambda seen: seen.held and seen.reason == "TrafficPulled")
        assert ours(kind)[0] in held.message
        shop.order("resume")
        shop.until("the run to go on", lambda seen: not seen.held and seen.reason == "StageRunning")
        assert kind.names(shop) == [kind.beside, *ours(kind), "primary"]
