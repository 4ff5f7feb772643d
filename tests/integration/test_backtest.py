"""What Prometheus remembers, judged again."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from testbed.cluster import Cluster
from testbed.shop import Shop, rollout

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]

ERRORS = {"preset": "istio-error-rate", "maxIncrease": "50%"}
REQUESTS = {"preset": "requests", "maxIncrease": "50%"}
P99 = {"preset": "istio-latency-p99", "maxIncrease": "20%"}
CONVERSION = {
    "name": "conversion",
    "promQL": 'sum by (pod) (orders_paid_total{namespace="$namespace", workload="$workload"})',
    "outOf": 'sum by (pod) (istio_requests_total{reporter="destination", pod=~"$pods", namespace="$namespace"})',
    "maxDecrease": "5%",
}
"""A fifth of all requests are paid orders, unless a tag says otherwise."""
LARGEST = {
    "name": "largest",
    "kind": "Scalar",
    "promQL": 'max(container_memory_working_set_bytes{namespace="$namespace", pod=~"$pods"}) / 1e6',
    "max": "150",
}
"""A leak of 600 MB a minute is beyond it in some seconds."""
MEMORY = {"preset": "memory", "maxIncrease": "50%", "critical": True}
RESTARTS = {"preset": "restarts", "max": "0"}
STAGES = (("25%", "20s"), ("100%", "2s"))
FEW = (("10%", "50s"), ("100%", "2s"))
SHORT = (("50%", "20s"), ("100%", "2s"))
LONG = (("50%", "10m"), ("100%", "2s"))
LENIENT = {"preset": "istio-error-rate", "max": "90%"}
LONGEST = 120


def test_a_release_that_went_back_would_go_back_again(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """From the real server, and once more from the file that was kept of it."""
    said = asked_and_kept(cluster, namespace, tmp_path, "v2-e30", STAGES, ERRORS)
    assert "after its first request" in said
    assert "The canary fails too often" in said
    assert "Stable against itself: " in said


def test_a_slow_release_would_have_gone_back_and_each_metric_has_its_row(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """By what exceeds the boundaries of the half hour before; nothing failed. Restarts are beyond any recording.

    A person found it. In the backtest it ends with the look that shows it, before a pod may have been scraped twice.
    """
    metrics = (ERRORS, P99, CONVERSION, LARGEST, RESTARTS)
    said = asked_and_kept(cluster, namespace, tmp_path, "v2-l180-lognormal", FEW, *metrics, until=1000)
    assert "The canary is too slow: " in said
    assert "restarts is not judged: " in said
    for name in ("istio-error-rate", "istio-latency-p99", "conversion", "largest"):
        (in_the_release, over_all) = rows(said, name)
        assert name in {"conversion", "largest"} or "not judged" not in in_the_release, in_the_release
        assert "harm in 0" in over_all, over_all


def test_a_release_that_sells_half_as_much_would_have_gone_back(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """A person found it where nothing looked at the orders."""
    said = asked_and_kept(cluster, namespace, tmp_path, "v2-c10", LONG, ERRORS, CONVERSION, until=1500)
    assert "conversion falls short in the canary: " in said
    assert "allowed is at least 0.95 times the baseline's rate" in said


def test_a_leak_is_found_again_in_pods_and_in_the_largest_number(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """Six pods of stable; against itself it is one of them against five."""
    said = asked_and_kept(cluster, namespace, tmp_path, "v2-m600", SHORT, ERRORS, MEMORY, pods=6)
    assert "memory is too high in the canary: 3 pods of the canary have " in said
    (_, over_all) = rows(said, "memory")
    assert "harm in 0" in over_all, over_all


def test_a_release_whose_pods_count_its_failures_would_have_gone_back(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """Each pod is a source of its own; Istio's counts are not asked. A person found it."""
    said = asked_and_kept(cluster, namespace, tmp_path, "v2-e30", STAGES, REQUESTS, until=400)
    assert "The canary fails too often" in said
    (over_all,) = rows(said, "requests")
    assert "harm in 0" in over_all, over_all


def test_a_query_that_prometheus_refuses_is_named_with_its_words(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """Nothing was released, and the errors are judged all the same."""
    wrong = {**LARGEST, "promQL": 'max(container_memory{pod=~"$pods"}'}
    shop = Shop(cluster, namespace)
    shop.open("v1")
    with shop.traffic(50) as traffic:
        shop.wait("a past", lambda: traffic.answers().total() > 1500, LONGEST)
    file = written(rollout(STAGES, {"metrics": [ERRORS, wrong]}), tmp_path)
    said = backtest(cluster, file, namespace, "--prometheus-url", address(cluster), "--last", "1m", "--step", "1s")
    (over_all,) = rows(said, "largest")
    assert "judged in 0 of " in over_all
    assert "parse error" in over_all


def asked_and_kept(  # noqa: PLR0913 -- what was released, and what judges it
    cluster: Cluster,
    namespace: str,
    directory: Path,
    tag: str,
    stages: tuple[tuple[str, str], ...],
    *metrics: Mapping[str, object],
    pods: int = 2,
    until: int = 0,
) -> str:
    """What is said of a release that was taken back: the same by the server and by the file kept of it.

    By the operator itself, or after so many of its answers by a person who asked for no more than LENIENT.
    """
    shop = Shop(cluster, namespace)
    shop.open("v1-l60-lognormal", replicas=pods)
    manifest = rollout(stages, {"metrics": list(metrics)})
    shop.adopt(rollout(LONG, {"metrics": [LENIENT]}) if until else manifest)
    with shop.traffic(100) as traffic:
        shop.wait("a minute of a past", lambda: traffic.answers().total() > 6000, LONGEST)
        shop.release(tag)
        if until:
            shop.wait("its answers", lambda: traffic.answers()[tag] > until, LONGEST)
            shop.order("abort")
        ended = "Aborted" if until else "RolledBack"
        shop.until("the end", lambda seen: seen.rests and seen.outcomes == [ended], LONGEST)
    file, past = written(manifest, directory), directory / "past.json"
    asked = backtest(
        cluster, file, namespace, "--prometheus-url", address(cluster), "--last", "3m", "--step", "1s", "--save", past
    )
    kept = backtest(cluster, file, namespace, "--recording", past)
    assert asked == kept
    return kept


def written(manifest: Mapping[str, object], directory: Path) -> Path:
    file = directory / "rollout.yaml"
    file.write_text(yaml.safe_dump(dict(manifest)))
    return file


def address(cluster: Cluster) -> str:
    return f"http://127.0.0.1:{cluster.state.ports['prometheus']}"


def rows(said: str, name: str) -> list[str]:
    """Of this metric: one for each release, and the last over all runs of stable against itself."""
    return [line for line in said.splitlines() if re.match(rf"  {name} +[▁-█·]", line)]


def backtest(cluster: Cluster, file: Path, namespace: str, *arguments: object) -> str:
    program = Path(sys.executable).with_name("canary-operator")
    words = (str(program), "backtest", str(file), "-n", namespace, *map(str, arguments))
    done = subprocess.run(  # noqa: S603 -- our own program
        words, env=cluster.env(), capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
