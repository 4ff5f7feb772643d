"""The testbed itself: it comes up, takes faults, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from testbed import control
from testbed.cluster import Cluster
from testbed.errors import TestbedError

pytestmark = pytest.mark.integration


def test_a_deployment_becomes_available(cluster: Cluster, namespace: str) -> None:
    """Deployment, ReplicaSet, scheduler and kubelet work together as in any cluster."""
    cluster.kubectl("create", "deployment", "shop", "--image=shop:v1", "--replicas=2", "--port=8080", "-n", namespace)
    cluster.kubectl("rollout", "status", "deployment/shop", "--timeout=30s", "-n", namespace)
    pods = json.loads(cluster.kubectl("get", "pods", "-o", "json", "-n", namespace))["items"]
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}


def test_istio_refuses_what_it_would_refuse_anywhere(cluster: Cluster, namespace: str) -> None:
    """A VirtualService whose weights are all 0 is rejected by Istio's own validation."""
    destinations = [{"destination": {"host": host}, "weight": 0} for host in ("a", "b")]
    service = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "shop", "namespace": namespace},
        "spec": {"hosts": ["shop"], "http": [{"route": destinations}]},
    }
    with pytest.raises(TestbedError, match="total destination weight"):
        cluster.kubectl("apply", "-f", "-", input=json.dumps(service))


def test_the_operator_is_nobody_special(cluster: Cluster) -> None:
    """The operator's token has the name that roles are bound to, and none of the rights that no role gives it."""
    who = cluster.kubectl("--kubeconfig", str(cluster.operator_kubeconfig), "auth", "whoami", "-o", "json")
    name = json.loads(who)["status"]["userInfo"]["username"]
    assert name == "system:serviceaccount:canary-operator:canary-operator"
    with pytest.raises(TestbedError, match="Forbidden"):
        cluster.kubectl("--kubeconfig", str(cluster.operator_kubeconfig), "get", "secrets", "-n", "default")


def test_the_operators_calls_are_counted(cluster: Cluster) -> None:
    """A benchmark learns what the operator asked of the API server."""
    before = cluster.operator_calls()
    cluster.kubectl("--kubeconfig", str(cluster.operator_kubeconfig), "auth", "whoami")
    assert soon(lambda: (cluster.operator_calls() - before)["create"] >= 1)


def test_a_prometheus_of_ones_own_can_be_frozen_and_stopped(cluster: Cluster) -> None:
    """Faults hit the process that they name and no other."""
    extra = cluster.extra_prometheus()
    cluster.freeze(extra.name)
    assert cluster.status()[extra.name] == "frozen"
    with pytest.raises(requests.Timeout):
        requests.get(f"{extra.url}/-/ready", timeout=0.5)
    cluster.thaw(extra.name)
    assert answers(f"{extra.url}/-/ready")
    cluster.stop(extra.name)
    assert not answers(f"{extra.url}/-/ready")
    cluster.start(extra.name)
    assert answers(f"{extra.url}/-/ready")
    assert answers(f"{cluster.prometheus_url}/-/ready")


def test_an_unknown_process_is_answered_with_the_known_ones(cluster: Cluster) -> None:
    """A misspelt name is an error that lists the names."""
    with pytest.raises(TestbedError, match="etcd"):
        cluster.stop("prometeus")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "asked to end"])
def test_a_second_cluster_leaves_no_process_behind(cluster: Cluster, tmp_path: Path, end: signal.Signals) -> None:
    """Two clusters share no port and no address; when the supervisor ends, however it does, all its processes do."""
    second = Cluster.up(tmp_path / "second", istio=False)
    assert second.state.block != cluster.state.block
    assert not set(second.state.ports.values()) & set(cluster.state.ports.values())
    pids = processes_of(second)
    os.kill(second.supervisor_pid(), end)
    assert soon(lambda: not any(is_alive(pid) for pid in pids))


def test_a_cluster_ends_with_its_owner(tmp_path: Path) -> None:
    """A demo or a test run that crashes takes its cluster along."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        second = Cluster.up(tmp_path / "second", owner=owner.pid, istio=False)
        pids = processes_of(second)
        owner.kill()
    assert soon(lambda: not any(is_alive(pid) for pid in pids))
    assert soon(lambda: not control.is_up(second.state.directory))


def test_istio_can_be_installed_later(tmp_path: Path) -> None:
    """A cluster without Istio's kinds gets them, and their controller, when asked."""
    second = Cluster.up(tmp_path / "second", istio=False)
    assert "istio.io" not in second.kubectl("api-resources", "-o", "name")
    second.install_istio()
    assert "virtualservices.networking.istio.io" in second.kubectl("api-resources", "-o", "name")
    assert second.status()["envoy"] == "running"
    second.down()
    assert not control.is_up(second.state.directory)


@pytest.mark.serial
def test_the_api_server_keeps_what_it_had_over_a_restart(cluster: Cluster, namespace: str) -> None:
    """Restarting the API server loses nothing, since etcd goes on."""
    cluster.restart("kube-apiserver")
    assert namespace in cluster.kubectl("get", "namespace", namespace)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False


def processes_of(cluster: Cluster) -> list[int]:
    return [process["pid"] for process in control.ask(cluster.state.directory, "status")["processes"]]


def is_alive(pid: int) -> bool:
    """A zombie isn't: it only waits for somebody to read its exit code."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def soon(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether it came true; asked no more after that, for chance may say otherwise the next time."""
    deadline = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds
