"""What a run leaves for people, on a real API server with a real garbage collector."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.proxy import Proxy
from testbed.shop import NAME, Shop, rollout

pytestmark = pytest.mark.integration

LONGEST = 60
STAGES = (("25%", "10m"), ("100%", "10m"))


EACH_KIND = (
    {"preset": "istio-error-rate", "maxIncrease": "50%"},
    {"preset": "istio-latency-p99", "maxIncrease": "50%"},
    {
        "name": "conversion",
        "promQL": 'sum by (pod) (orders_paid_total{namespace="$namespace", workload="$workload"})',
        "outOf": 'sum by (pod) (istio_requests_total{reporter="destination", pod=~"$pods", namespace="$namespace"})',
        "maxDecrease": "50%",
    },
    {"preset": "memory", "maxIncrease": "50%", "max": "1Gi"},
    {"preset": "restarts", "max": "0"},
)


def reports(shop: Shop) -> list[dict[str, Any]]:
    found = shop.kubectl("get", "configmaps", "-l", f"canary-operator.dev/rollout={NAME}", "-o", "json")
    items: list[dict[str, Any]] = json.loads(found)["items"]
    return items


def ended_at(report: dict[str, Any]) -> str | None:
    ended: str | None = json.loads(report["data"]["data.json"]).get("endedAt")
    return ended


@pytest.mark.usefixtures("operator")
def test_a_bad_release_leaves_a_report_that_goes_with_its_rollout(shop: Shop) -> None:
    """Data, Markdown and a page that name the verdict, with points and plots; deleted by the garbage collector."""
    shop.adopt(rollout(STAGES))
    with shop.traffic(100):
        shop.release("v2-e20")
        last = shop.until("the rollback", lambda seen: seen.rests and bool(seen.outcomes), LONGEST).last
    shop.wait("the report of the whole run", lambda: [bool(ended_at(report)) for report in reports(shop)] == [True])
    (report,) = reports(shop)
    assert set(report["data"]) == {"data.json", "report.md", "report.html"}
    assert report["metadata"]["name"] == f"{NAME}-report-{last['id']}"
    (owner,) = report["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("CanaryRollout", NAME)

    page, data = report["data"]["report.html"], json.loads(report["data"]["data.json"])
    counted = last["message"].partition(";")[0]
    assert counted in page
    assert counted.split(":")[0] in report["data"]["report.md"]
    assert page.count("<svg") == 4
    assert "istio_requests_total" in page
    assert data["outcome"] == "RolledBack"
    told = [event["reason"] for event in data["events"]]
    assert (told[0], told.count("StageStarted"), told.count("RolledBack")) == ("RunStarted", 1, 1)
    assert data["points"][-1]["metrics"][0]["canary"]["bad"] >= 3
    assert float(data["takenBackAfter"].removesuffix("s")) < 10
    assert sum(map(len, report["data"].values())) < 200_000

    shop.kubectl("delete", "canaryrollout", NAME, "--timeout=30s")
    shop.wait("the garbage collector", lambda: reports(shop) == [], LONGEST)


@pytest.mark.usefixtures("operator")
def test_a_report_shows_each_kind_of_metric(cluster: Cluster, namespace: str) -> None:
    """A latency by its boundaries, orders, the pods' memory and that nothing was restarted."""
    shop = Shop(cluster, namespace)
    shop.open("v1-l60-lognormal", replicas=6)
    shop.adopt(rollout((("50%", "20s"), ("100%", "3s")), {"metrics": list(EACH_KIND)}))
    with shop.traffic(100) as traffic:
        shop.wait("requests of the baseline", lambda: traffic.answers().total() >= 300, LONGEST)
        shop.release("v2-l60-lognormal")
        seen = shop.until("the end", lambda seen: seen.rests and bool(seen.outcomes), 2 * LONGEST)
    assert seen.outcomes == ["Promoted"], seen.message
    shop.wait("the report of the whole run", lambda: [bool(ended_at(report)) for report in reports(shop)] == [True])
    (report,) = reports(shop)
    page, words = report["data"]["report.html"], report["data"]["report.md"]
    for said in (
        "istio-latency-p99: longer than ",
        "conversion: its share of the whole",
        "memory: mean of the pods in each window",
        "3 pods of the canary have ",
        "no container of the canary ended under traffic",
    ):
        assert said in page, said
    points = json.loads(report["data"]["data.json"])["points"]
    latency = [
        metric for point in points for metric in point.get("metrics", ()) if metric["name"] == "istio-latency-p99"
    ]
    assert latency[-1]["above"][0]["canary"]["requests"] > 100
    memory = [one for point in points for one in point.get("numbers", ()) if one["name"] == "memory"]
    assert any({"canary", "baseline", "upper"} <= one.keys() for one in memory)
    assert "| Compared |" in words
    assert sum(map(len, report["data"].values())) < 200_000


def test_a_report_that_is_refused_neither_delays_nor_fails_a_run(cluster: Cluster, place: str, shop: Shop) -> None:
    """The API server takes every write but those of ConfigMaps; the release is taken back as ever."""
    with Proxy(cluster) as proxy:
        environment = {**proxy.environment, "CANARY_OPERATOR_REPORTS": "5"}
        proxy.refuse(HTTPStatus.INTERNAL_SERVER_ERROR, which=lambda call: call.resource == "configmaps")
        with OperatorProcess(cluster, f"operator-{place}", namespace=place, environment=environment):
            shop.adopt(rollout(STAGES))
            with shop.traffic(100):
                shop.release("v2-e20")
                ended = shop.until("the rollback", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)
            calls = proxy.calls()
            refused = calls["get", "configmaps"] + calls["create", "configmaps"]
            assert (ended.outcomes, ended.last["reason"], reports(shop)) == (["RolledBack"], "Harm", [])
            assert 0 < refused < 20, "it is tried a few times, and then left"


def test_a_killed_operator_continues_the_report(shop: Shop, operator: OperatorProcess) -> None:
    """What the first process wrote is still the beginning of it."""
    shop.adopt(rollout(STAGES))
    with shop.traffic(100):
        shop.release("v2")
        shop.until("the first stage", lambda seen: seen.state == "Staged", LONGEST)
        shop.wait("the report of the stage", lambda: "StageStarted" in str(reports(shop)))
        operator.kill()
        operator.start()
        shop.order("abort")
        shop.until("the end", lambda seen: seen.rests and bool(seen.outcomes), LONGEST)
    shop.wait("the report of the whole run", lambda: all(map(ended_at, reports(shop))))
    (report,) = reports(shop)
    data = json.loads(report["data"]["data.json"])
    told = [event["reason"] for event in data["events"]]
    assert (told[0], told.count("RunStarted"), told.count("StageStarted")) == ("RunStarted", 1, 1)
    assert data["outcome"] == "Aborted"
