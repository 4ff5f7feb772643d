"""Prometheus, looking once a second at the gateway and at every pod.

The gateway is a plain Envoy without Istio's telemetry. Relabelling turns its cluster statistics, which are real
counts, into Istio's metrics under Istio's names: the labels are made here. So the gateway's series
(`reporter="source"`) know the Service that a request was sent to, but no response flags. A subset stands in
`destination_version`, and tells the workload: here the subset `canary` of a Service is the Deployment of the same name
with `-canary`, and any other is the Deployment of the same name. Istio's own proxies know each endpoint's workload from
istiod, and say `unknown` where a subset has none. The pods' own series (`reporter="destination"`) know their workload.
"""

from pathlib import Path
from typing import Any

import yaml

from testbed.process import Process
from testbed.state import State

INTERVAL = "1s"
BELOW_HTTP = 9000
"""The port of a Service to which Envoy's connections are counted as Istio counts those of a tcp or tls route."""
GATEWAY_STATISTICS = r"^cluster\.outbound\|\d+\|[^|]*\|[^;]+;\.(external\.upstream_rq_(\d\d\d|time)|upstream_cx_total)$"
"""The counts per response code and the durations of Istio's own clusters; the rest of the page is 50 times as long.

External are requests that came from somebody. A copy that Envoy makes of one is internal, and no caller of Istio's
counts it: its telemetry is a filter, and a copy passes none (istio/istio#23496). The pod that gets it does.
"""
_CLUSTER = r"outbound\|\d+\|([^|]*)\|(([^.;]+)\.([^.;]+)\.svc\.cluster\.local)"
"""A cluster's name in groups: subset, host, Service, namespace."""
_SUBSET = r"outbound\|\d+\|{0}\|([^.;]+)\..*"
"""The same where it is a subset's; the group is the Service."""


def pods_file(state: State) -> Path:
    """Written by the kubelet, read by every Prometheus of the cluster."""
    return state.directory / "pods.json"


def prometheus(state: State, name: str = "prometheus", port: int | None = None, *, native: bool = False) -> Process:
    """A Prometheus with a folder of its own, so that a test may have one to break.

    `native`: it keeps histograms in one series each instead of one for each bucket.
    """
    folder = state.directory / name
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "prometheus.yml"
    configuration.write_text(
        yaml.safe_dump(_configuration(state, folder, native=native), sort_keys=False), encoding="utf-8"
    )
    address = f"127.0.0.1:{port or state.ports['prometheus']}"
    return Process(
        name=name,
        command=(
            state.binary("prometheus"),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
            f"--scrape.discovery-reload-interval={INTERVAL}",
            "--web.enable-lifecycle",
            "--log.level=warn",
        ),
        environment={},
        ready=f"http://{address}/-/ready",
    )


def _configuration(state: State, folder: Path, *, native: bool) -> dict[str, Any]:
    return {
        "global": {
            "scrape_interval": INTERVAL,
            "scrape_timeout": INTERVAL,
            "query_log_file": str(folder / "queries.log"),
            "convert_classic_histograms_to_nhcb": native,
        },
        "scrape_configs": [_gateway(state), _pods(state)],
    }


def _gateway(state: State) -> dict[str, Any]:
    return {
        "job_name": "gateway",
        "metrics_path": "/stats/prometheus",
        "params": {"filter": [GATEWAY_STATISTICS]},
        "static_configs": [{"targets": [f"127.0.0.1:{state.ports['envoy_admin']}"]}],
        "metric_relabel_configs": [
            _rename("envoy_cluster_external_upstream_rq", "istio_requests_total"),
            _connections(),
            _rename(
                "envoy_cluster_external_upstream_rq_time(|_bucket|_sum|_count)", "istio_request_duration_milliseconds$1"
            ),
            {"source_labels": ["__name__"], "regex": "istio_.*", "action": "keep"},
            _label("destination_version", "$1"),
            _label("destination_service", "$2"),
            _label("destination_service_name", "$3"),
            _label("destination_service_namespace", "$4"),
            _label("destination_workload", "$1", _SUBSET.format("[^|]+")),
            _label("destination_workload", "$1-canary", _SUBSET.format("canary")),
            {"target_label": "reporter", "replacement": "source"},
            {"target_label": "source_workload", "replacement": "istio-ingressgateway"},
            {"target_label": "source_workload_namespace", "replacement": "istio-system"},
            {"target_label": "request_protocol", "replacement": "http"},
            {"regex": "cluster_name", "action": "labeldrop"},
        ],
    }


def _connections() -> dict[str, Any]:
    """What Istio counts below HTTP. Envoy opens connections for HTTP too, so one port is only for this."""
    return {
        "source_labels": ["__name__", "cluster_name"],
        "separator": "@",
        "regex": rf"envoy_cluster_upstream_cx_total@outbound\|{BELOW_HTTP}\|.*",
        "target_label": "__name__",
        "replacement": "istio_tcp_connections_opened_total",
    }


def _pods(state: State) -> dict[str, Any]:
    """A pod's page holds what its sidecar, its application, cAdvisor and kube-state-metrics would say.

    The labels on it win over those of the target.
    """
    return {
        "job_name": "pods",
        "honor_labels": True,
        "file_sd_configs": [{"files": [str(pods_file(state))], "refresh_interval": INTERVAL}],
    }


def _rename(metric: str, name: str) -> dict[str, Any]:
    return {"source_labels": ["__name__"], "regex": metric, "target_label": "__name__", "replacement": name}


def _label(name: str, part: str, regex: str = _CLUSTER) -> dict[str, Any]:
    return {"source_labels": ["cluster_name"], "regex": regex, "target_label": name, "replacement": part}
