"""Installs what `kubectl apply -k deploy` would, except the operator's Deployment, and waits until it works."""

import fcntl
import json
import time
from typing import Any

import yaml

from testbed.cluster import Cluster
from testbed.errors import TestbedError
from testbed.operator.manifest import DEPLOY, manifest

CRD = "canaryrollouts.canary-operator.dev"
_PATIENCE = 30.0
_PROBE = "admission-probe"


def install(cluster: Cluster) -> None:
    """CRD, namespace, roles and admission policy. Once more changes nothing; several at once wait for each other."""
    with (cluster.state.directory / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _apply(cluster, [it for it in _rendered(cluster) if it["kind"] != "Deployment"])
        cluster.kubectl("wait", "--for=condition=Established", f"crd/{CRD}", f"--timeout={_PATIENCE:.0f}s")
        _await_policy(cluster, manifest().namespace)


def lend_leadership(cluster: Cluster, namespace: str) -> None:
    """Lets an operator that is restricted to this namespace keep its Lease there, under the right that `deploy/` gives.

    An installation would put the whole operator there; the roles of that Lease are all of it that lies in a namespace.
    """
    roles = [it for it in _rendered(cluster) if it["kind"] in {"Role", "RoleBinding"}]
    _apply(cluster, [{**role, "metadata": {**role["metadata"], "namespace": namespace}} for role in roles])


def _rendered(cluster: Cluster) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(cluster.kubectl("kustomize", str(DEPLOY))))


def _apply(cluster: Cluster, objects: list[dict[str, Any]]) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)


def _await_policy(cluster: Cluster, namespace: str) -> None:
    """The API server obeys a new policy after some seconds and does not say when: a Deployment of no pods tells."""
    _apply(cluster, [_probe(namespace)])
    deadline, number = time.monotonic() + _PATIENCE, 0
    while not _is_paused(cluster, namespace, number):
        if time.monotonic() > deadline:
            raise TestbedError(f"The admission policy paused nothing within {_PATIENCE:.0f} s.")
        number += 1
        time.sleep(0.2)
    cluster.kubectl("delete", "deployment", _PROBE, "-n", namespace)


def _is_paused(cluster: Cluster, namespace: str, number: int) -> bool:
    """Whether a change of the template pauses it."""
    image = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": f"probe:{number}"}]
    patch = ("patch", "deployment", _PROBE, "-n", namespace, "--type=json", "-p", json.dumps(image))
    return cluster.kubectl(*patch, "-o", "jsonpath={.spec.paused}") == "true"


def _probe(namespace: str) -> dict[str, Any]:
    labels = {"app": _PROBE}
    container = {"name": "probe", "image": "probe:none"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": _PROBE,
            "namespace": namespace,
            "annotations": {"canary-operator.dev/managed-by": "the installation"},
        },
        "spec": {"replicas": 0, "paused": False, "selector": {"matchLabels": labels}, "template": template},
    }
