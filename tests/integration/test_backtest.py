"""What Prometheus remembers, judged again."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from testbed.cluster import Cluster
from testbed.shop import Shop, rollout

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("operator")]


def test_a_release_that_went_back_would_go_back_again(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """From the real server, and once more from the file that was kept of it."""
    shop = Shop(cluster, namespace)
    shop.open("v1")
    manifest = rollout(
        (("25%", "10s"), ("100%", "2s")), {"metrics": [{"preset": "istio-error-rate", "maxIncrease": "50%"}]}
    )
    shop.adopt(manifest)
    with shop.traffic(50) as traffic:
        shop.wait("half a minute of a past", lambda: traffic.answers().total() > 1500, 60)
        shop.release("v2-e30")
        shop.until("the rollback", lambda seen: seen.rests and seen.outcomes == ["RolledBack"], 60)
    file, past = tmp_path / "rollout.yaml", tmp_path / "past.json"
    file.write_text(yaml.safe_dump(manifest))
    url = f"http://127.0.0.1:{cluster.state.ports['prometheus']}"
    asked = backtest(cluster, file, namespace, "--prometheus-url", url, "--last", "2m", "--step", "1s", "--save", past)
    kept = backtest(cluster, file, namespace, "--recording", past)
    assert asked == kept
    assert "after its first request" in kept
    assert "The canary fails too often" in kept
    assert "Stable against itself: " in kept


def backtest(cluster: Cluster, file: Path, namespace: str, *arguments: object) -> str:
    program = Path(sys.executable).with_name("canary-operator")
    words = (str(program), "backtest", str(file), "-n", namespace, *map(str, arguments))
    done = subprocess.run(  # noqa: S603 -- our own program
        words, env=cluster.env(), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
