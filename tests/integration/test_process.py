"""The operator as a process: who leads, what it needs, how it ends."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess, install
from tests.integration.replicas import a_pair, seconds_until

pytestmark = pytest.mark.integration

AT_ONCE = 3.0
"""Seconds: half of what a Lease lasts that nobody gave back."""
ROLLOUT: dict[str, Any] = {
    "apiVersion": "canary-operator.dev/v1alpha1",
    "kind": "CanaryRollout",
    "metadata": {"name": "checkout"},
    "spec": {
        "workload": {"deploymentRef": {"name": "checkout"}},
        "traffic": {"istio": {"virtualServices": [{"name": "checkout"}]}, "stableService": "checkout"},
        "stages": [{"weight": "5%", "duration": "1m"}],
        "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
    },
}


def kinds_of_calls(cluster: Cluster, agent: str) -> set[str]:
    """The last line of the log may be in the making."""
    lines = cluster.state.audit_log.read_text(encoding="utf-8").splitlines(keepends=True)
    entries = (json.loads(line) for line in lines if line.endswith("\n"))
    return {entry["verb"] for entry in entries if entry.get("userAgent", "").startswith(agent)}


def test_a_standby_is_ready_and_writes_nothing(cluster: Cluster, place: str) -> None:
    """It has seen everything already; only one of the two leads."""
    with a_pair(cluster, place) as (first, second):
        time.sleep(2.5)
        assert second.is_ready()
        assert (first.leads(), second.leads()) == (True, False)


def test_a_clean_stop_hands_over_at_once(cluster: Cluster, place: str) -> None:
    """The Lease is given back, so nobody waits for its end; the process ends well within its grace period."""
    with a_pair(cluster, place) as (first, second):
        assert first.stop() < 5
        assert first.exit_code == 0
        assert seconds_until(second.leads, 10) < AT_ONCE


def test_a_killed_leader_is_followed_within_ten_seconds(cluster: Cluster, place: str) -> None:
    """Nobody gave the Lease back; it ends by itself."""
    with a_pair(cluster, place) as (first, second):
        first.kill()
        assert seconds_until(second.leads, 20) < 10


def test_a_restarted_container_leads_at_once(cluster: Cluster, place: str) -> None:
    """Under the pod's name it takes its own Lease."""
    with OperatorProcess(cluster, f"{place}-0", namespace=place) as operator:
        seconds_until(operator.leads, 30)
        operator.kill()
        operator.start()
        assert seconds_until(operator.leads, 10) < AT_ONCE


def test_a_leader_that_slept_does_not_lead_when_it_wakes(cluster: Cluster, place: str) -> None:
    """Its right to write ended meanwhile, whatever it remembers."""
    with a_pair(cluster, place) as (first, second):
        first.freeze()
        seconds_until(second.leads, 20)
        first.thaw()
        seconds_until(lambda: not first.leads(), 2)
        assert second.leads()


def test_a_rollout_is_told_what_it_lacks_and_may_go(cluster: Cluster, place: str) -> None:
    """From the event to the condition with the roles of `deploy/`, and no finalizer stays behind."""

    def shown(path: str) -> str:
        return cluster.kubectl("get", "-n", place, "canaryrollout", "checkout", "-o", f"jsonpath={{{path}}}")

    with OperatorProcess(cluster, f"{place}-0", namespace=place):
        cluster.kubectl("apply", "-n", place, "-f", "-", input=json.dumps(ROLLOUT))
        ready = '.status.conditions[?(@.type=="Ready")].reason'
        seconds_until(lambda: shown(ready) in {"WorkloadNotFound", "RouteNotFound", "ServiceNotFound"}, 30)
        cluster.kubectl("delete", "-n", place, "canaryrollout", "checkout", "--timeout=30s")


def test_kopf_writes_nothing(cluster: Cluster, place: str) -> None:
    """Neither annotations nor finalizers nor events: its user agent is only seen reading."""
    with OperatorProcess(cluster, f"{place}-0", namespace=place):
        cluster.kubectl("apply", "-n", place, "-f", "-", input=json.dumps(ROLLOUT))
        time.sleep(3)
        cluster.kubectl("delete", "-n", place, "canaryrollout", "checkout", "--timeout=30s")
    assert kinds_of_calls(cluster, "kopf/") == {"get", "list", "watch"}


@pytest.mark.serial
def test_the_watches_outlive_an_api_server(cluster: Cluster, place: str) -> None:
    """After its restart the same process leads, and sees what is new."""
    with OperatorProcess(cluster, f"{place}-0", namespace=place) as operator:
        seconds_until(operator.leads, 30)
        process = operator.pid
        cluster.restart("kube-apiserver")
        seconds_until(lambda: operator.leads() and operator.is_ready(), 30)
        cluster.kubectl("apply", "-n", place, "-f", "-", input=json.dumps(ROLLOUT))
        phase = ("get", "-n", place, "canaryrollout", "checkout", "-o", "jsonpath={.status.state}")
        seconds_until(lambda: cluster.kubectl(*phase) != "", 30)
        assert operator.pid == process
        cluster.kubectl("delete", "-n", place, "canaryrollout", "checkout", "--timeout=30s")


@pytest.mark.serial
def test_a_missing_kind_is_waited_for(tmp_path: Path) -> None:
    """Not ready, and it says for what; as soon as Istio is installed it is."""
    cluster = Cluster.up(tmp_path / "bed", istio=False)
    try:
        with a_lonely_operator(cluster, tmp_path / "log") as url:
            seconds_until(lambda: "virtualservices.networking.istio.io" in readiness(url), 30)
            assert "canaryrollouts.canary-operator.dev" in readiness(url)
            install(cluster)
            seconds_until(lambda: "canaryrollouts" not in readiness(url), 30)
            cluster.install_istio()
            seconds_until(lambda: readiness(url) == "ok\n", 30)
    finally:
        cluster.down()


def readiness(url: str) -> str:
    try:
        return requests.get(f"{url}/readyz", timeout=5).text
    except requests.ConnectionError:
        return ""


@contextmanager
def a_lonely_operator(cluster: Cluster, log: Path) -> Iterator[str]:
    """One that is not waited for; with an administrator's rights, because roles come later than it."""
    program = str(Path(sys.executable).parent / "canary-operator")
    port = cluster.state.ports["apiserver"] + 90
    flags = ("run", "--kubeconfig", str(cluster.kubeconfig), "--listen", f"127.0.0.1:{port}", "--log-format", "json")
    with log.open("w") as stderr, _started(program, *flags, stderr=stderr) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _started(*command: str, stderr: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stderr=stderr)  # noqa: S603 -- our own program
