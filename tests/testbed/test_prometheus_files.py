import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.envoy import gateway
from testbed.prometheus import GATEWAY_STATISTICS, prometheus
from testbed.state import PORT_NAMES, State


@pytest.fixture
def state(tmp_path: Path) -> State:
    ports = {name: 20_000 + number for number, name in enumerate(PORT_NAMES)}
    return State(tmp_path, ports, "10.210.0.0/20", "admin", "operator")


def relabelled(state: State, labels: dict[str, str]) -> dict[str, str]:
    """What Prometheus makes of one series of Envoy's, by the rules of its documentation; empty when it is dropped."""
    prometheus(state)
    text = (state.directory / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    for rule in yaml.safe_load(text)["scrape_configs"][0]["metric_relabel_configs"]:
        labels = _apply(rule, labels) if labels else {}
    return labels


def _apply(rule: dict[str, Any], labels: dict[str, str]) -> dict[str, str]:
    source = ";".join(labels.get(name, "") for name in rule.get("source_labels", ()))
    match = re.fullmatch(rule.get("regex", "(.*)"), source)
    if rule.get("action") == "labeldrop":
        return {name: value for name, value in labels.items() if not re.fullmatch(rule["regex"], name)}
    if rule.get("action") == "keep":
        return labels if match else {}
    if match is None:
        return labels
    value = match.expand(rule["replacement"].replace("$", "\\"))
    return {name: text for name, text in (labels | {rule["target_label"]: value}).items() if text}


def test_envoys_counts_become_istios(state: State) -> None:
    """Service, namespace and status are in Istio's labels, and nothing of Envoy's is left."""
    cluster = "outbound|80||checkout-canary.shop.svc.cluster.local"
    series = {"__name__": "envoy_cluster_external_upstream_rq", "cluster_name": cluster, "response_code": "503"}
    assert relabelled(state, series) == {
        "__name__": "istio_requests_total",
        "reporter": "source",
        "response_code": "503",
        "request_protocol": "http",
        "source_workload": "istio-ingressgateway",
        "source_workload_namespace": "istio-system",
        "destination_service": "checkout-canary.shop.svc.cluster.local",
        "destination_service_name": "checkout-canary",
        "destination_service_namespace": "shop",
    }


@pytest.mark.parametrize("part", ["bucket", "sum", "count"])
def test_envoys_histogram_becomes_istios(state: State, part: str) -> None:
    """All three kinds of series are renamed, and a subset is a version."""
    cluster = "outbound|80|v2|checkout.shop.svc.cluster.local"
    series = relabelled(state, {"__name__": f"envoy_cluster_external_upstream_rq_time_{part}", "cluster_name": cluster})
    assert series["__name__"] == f"istio_request_duration_milliseconds_{part}"
    assert (series["destination_version"], series["destination_service_name"]) == ("v2", "checkout")


@pytest.mark.parametrize(("subset", "workload"), [("stable", "checkout"), ("canary", "checkout-canary")])
def test_a_subset_tells_the_workload(state: State, subset: str, workload: str) -> None:
    """As Istio's own proxies would know it from the endpoint that was chosen."""
    cluster = f"outbound|80|{subset}|checkout.shop.svc.cluster.local"
    series = relabelled(state, {"__name__": "envoy_cluster_external_upstream_rq", "cluster_name": cluster})
    assert (series["destination_workload"], series["destination_service_name"]) == (workload, "checkout")


def test_other_series_are_dropped(state: State) -> None:
    """Retries and the like would count requests twice."""
    assert relabelled(state, {"__name__": "envoy_cluster_retry_upstream_rq", "cluster_name": "x"}) == {}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("cluster.outbound|80||checkout.shop.svc.cluster.local;.external.upstream_rq_503", True),
        ("cluster.outbound|80|v2|checkout.shop.svc.cluster.local;.external.upstream_rq_time", True),
        ("cluster.outbound|80||checkout.shop.svc.cluster.local;.retry.upstream_rq_503", False),
        ("cluster.outbound|80||checkout.shop.svc.cluster.local;.internal.upstream_rq_503", False),
        ("cluster.outbound|80||checkout.shop.svc.cluster.local;.upstream_rq_503", False),
        ("cluster.outbound|80||checkout.shop.svc.cluster.local;.external.upstream_rq_5xx", False),
        ("cluster.istiod.upstream_rq_200", False),
    ],
)
def test_only_what_is_needed_is_scraped(name: str, wanted: bool) -> None:
    """Final answers per code, and durations, of Istio's own clusters, to requests that came from outside."""
    assert bool(re.search(GATEWAY_STATISTICS, name)) is wanted


def test_a_second_prometheus_has_a_folder_of_its_own(state: State) -> None:
    """Data, configuration and query log are not shared; the targets are."""
    first, second = prometheus(state), prometheus(state, "spare", 30_000)
    assert not {word for word in first.command[1:] if "/" in word} & {
        word for word in second.command[1:] if "/" in word
    }
    assert second.ready == "http://127.0.0.1:30000/-/ready"
    configuration = yaml.safe_load((state.directory / "spare" / "prometheus.yml").read_text(encoding="utf-8"))
    assert configuration["global"]["query_log_file"] == str(state.directory / "spare" / "queries.log")
    assert configuration["scrape_configs"][1]["file_sd_configs"][0]["files"] == [str(state.directory / "pods.json")]


def test_envoy_listens_on_loopback_only(state: State) -> None:
    """Its administration page can end it, so nobody else on the network may see it."""
    process = gateway(state)
    bootstrap = json.loads((state.directory / "envoy.json").read_text(encoding="utf-8"))
    assert bootstrap["admin"]["address"]["socket_address"]["address"] == "127.0.0.1"
    assert str(state.directory / "envoy.json") in process.command
