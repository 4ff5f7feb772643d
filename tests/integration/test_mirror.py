"""Mirrored requests on a real Envoy: nobody sees what the canary answers, and its own pods say how it does."""

import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests

from testbed.cluster import Cluster
from testbed.shop import CANARY, NAME, Manifest, Shop, rollout

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

OURS = f"canary-operator-mirror-{NAME}"
BEFORE = 300
"""Requests before a release, so that something is known of how long they take."""
COMPARES = {"metrics": [{"preset": "istio-error-rate", "maxIncrease": "50%"}]}


def mirrored(
    *mirrors: tuple[str, str], then: tuple[tuple[str, str], ...] = (("50%", "4s"), ("100%", "2s"))
) -> Manifest:
    """The shop's rollout with copies first."""
    manifest = rollout(then, COMPARES)
    copies = [{"mirror": share, "duration": duration} for share, duration in mirrors]
    manifest["spec"]["stages"] = [*copies, *manifest["spec"]["stages"]]
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


def rules(shop: Shop) -> list[Any]:
    found: list[Any] = json.loads(shop.kubectl("get", "virtualservice", NAME, "-o", "json"))["spec"]["http"]
    return found


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
def test_the_canary_gets_its_share_of_copies_and_users_have_stable(shop: Shop, share: int) -> None:
    """Its pods count them and no caller does; whatever it answers, nobody sees it."""
    shop.adopt(mirrored((f"{share}%", "10m")))
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


def test_a_canary_that_fails_every_copy_is_gone_before_any_user_meets_it(shop: Shop) -> None:
    """Not one failure, not one answer of it."""
    before = shop.route()
    shop.adopt(mirrored(("10%", "10m")))
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
    manifest = mirrored(("50%", "10m"))
    manifest["spec"]["analysis"]["metrics"] = [{"preset": "istio-latency-p95", "maxIncrease": "20%"}]
    shop.adopt(manifest)
    with shop.traffic(60) as traffic:
        until("durations of stable", lambda: reported(shop, "destination")[NAME] >= BEFORE, 60)
        shop.release("v2-l180-lognormal")
        shop.until("the end", lambda seen: seen.outcomes == ["RolledBack"] and seen.rests, 90)
    assert "The canary is too slow: " in shop.rollout().last["message"]
    assert set(traffic.stop()["versions"]) == {"v1-l60-lognormal"}
    assert traffic.failures() == 0


def test_an_order_is_not_carried_out_twice(shop: Shop) -> None:
    """GET and HEAD are copied, and with allowUnsafe every method is."""
    shop.adopt(mirrored(("100%", "10m")))
    with shop.traffic(5):
        begun(shop, "v2")
    until("the last copy", lambda: _still(shop))
    before = reported(shop, "destination")
    assert send(shop, "POST", 60) | send(shop, "PUT", 20) == {"v1"}
    until("the orders to be counted", lambda: (reported(shop, "destination") - before)[NAME] == 80)
    assert (reported(shop, "destination") - before)[CANARY] == 0
    assert send(shop, "HEAD", 30) == {"v1"}
    until("the copies to be counted", lambda: (reported(shop, "destination") - before)[CANARY] == 30)
    assert [rule.get("name") for rule in rules(shop)] == ["status", OURS, "primary"]


def test_every_method_is_copied_where_the_rollout_says_so(shop: Shop) -> None:
    manifest = mirrored(("100%", "10m"))
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


def test_a_healthy_canary_goes_on_to_its_users_and_is_promoted(shop: Shop) -> None:
    """Ever more copies, then weights; the route is as it was, and Envoy never lacked a pod."""
    before = shop.route()
    shop.adopt(mirrored(("20%", "8s"), ("100%", "6s")))
    with shop.traffic(60) as traffic:
        shop.release("v2")
        shop.until("copies", lambda seen: (seen.state, seen.stage) == ("Staged", "1/4"), 60)
        rule = rules(shop)[1]
        assert (rule["mirrorPercentage"], rule["timeout"]) == ({"value": 20}, "8s")
        shop.until("all copies", lambda seen: (seen.state, seen.stage) == ("Staged", "2/4"), 60)
        assert set(traffic.answers()) == {"v1"}
        assert rules(shop)[1]["mirrorPercentage"] == {"value": 100}
        shop.until("users", lambda seen: (seen.state, seen.weight) == ("Staged", "50%"), 60)
        assert [rule.get("name") for rule in rules(shop)] == ["status", "primary"]
        shop.until("the end", lambda seen: seen.outcomes == ["Promoted"] and seen.rests, 120)
    assert shop.route() == before
    assert traffic.failures() == 0
    assert set(traffic.stop()["versions"]) == {"v1", "v2"}
    started, *_ = shop.told("StageStarted")
    assert "copies of 20% of the requests that are GET or HEAD (nobody sees its answers)" in started


def test_a_rule_that_somebody_takes_away_holds_the_run(shop: Shop) -> None:
    """Until a person says resume."""
    shop.adopt(mirrored(("20%", "10m")))
    with shop.traffic(40):
        begun(shop, "v2")
        remove = json.dumps([{"op": "remove", "path": "/spec/http/1"}])
        shop.kubectl("patch", "virtualservice", NAME, "--type=json", "-p", remove)
        held = shop.until("the hold", lambda seen: seen.held and seen.reason == "TrafficPulled")
        assert OURS in held.message
        shop.order("resume")
        shop.until("the run to go on", lambda seen: not seen.held and seen.reason == "StageRunning")
        assert [rule.get("name") for rule in rules(shop)] == ["status", OURS, "primary"]
