from pathlib import Path
from typing import Any

import pytest
import yaml

from canary_operator import cli
from canary_operator.backtest.recording import save
from tests.backtest.recorded import ERRORS, ORDERS, P99, RESTARTS, own, recorded, slow, wish

EXAMPLE = """
kind: CanaryRollout
metadata: {name: checkout, namespace: shop}
spec:
  revision: v1
  traffic:
    istio: {virtualServices: [{name: checkout}]}
    stableService: checkout
  stages: [{weight: "10%", duration: 5m}, {weight: "50%", duration: 5m}]
  analysis:
    warmup: 0s
    metrics: [{preset: istio-error-rate, maxIncrease: "50%"}]
"""


@pytest.fixture
def rollout(tmp_path: Path) -> Path:
    path = tmp_path / "rollout.yaml"
    path.write_text(EXAMPLE)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[Any, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["backtest", *map(str, arguments)])
    said = capsys.readouterr()
    return ended.value.code, said.out + said.err


def test_a_recording_is_judged_again(capsys: pytest.CaptureFixture[str], rollout: Path, tmp_path: Path) -> None:
    """The bad release is found, and two hours of stable raise no false alarm."""
    save(recorded(725, canary=(100, 50), first=700), tmp_path / "past.json")
    code, said = run(capsys, rollout, "--recording", tmp_path / "past.json")
    assert code == 0, said
    assert "2026-03-01 12:00 to 2026-03-01 14:00, 724 looks of 10s" in said
    assert "after its first request" in said
    assert "Stable against itself: 12 runs of 10m, 0 taken back" in said


def test_each_metric_is_judged_again(capsys: pytest.CaptureFixture[str], rollout: Path, tmp_path: Path) -> None:
    """A release that is slow and sells less; what can't be judged is named with the reason."""
    metrics = [ERRORS, P99, ORDERS, RESTARTS, {"preset": "memory", "max": "1Gi"}]
    content = yaml.safe_load(EXAMPLE)
    content["spec"]["analysis"]["metrics"] = metrics
    content["spec"]["workload"] = {"deploymentRef": {"name": "checkout"}}
    del content["spec"]["revision"]
    rollout.write_text(yaml.safe_dump(content))
    recording = slow(recorded(190, canary=(100, 1), first=170), (900, 45), (100, 40), first=170)
    save(own(recording, wish(ORDERS), "orders", _orders), tmp_path / "past.json")
    code, said = run(capsys, rollout, "--recording", tmp_path / "past.json")
    assert code == 0, said
    assert "restarts is not judged: the operator reads restarts from the pods' own status" in said
    assert "The canary is too slow" in said
    assert "  memory             ···  judged in 0 of 3 runs" in said
    assert "not judged: the recording holds no answer to this question: record again" in said
    assert "  istio-latency-p99  ▁▁▁  judged in 3 of 3 runs, harm in 0" in said


def _orders(part: str, look: int) -> float:
    looks = max(0, look - 170) if "canary" in part else look
    return looks * {"canary": 10, "canary-whole": 100, "baseline": 90, "baseline-whole": 900}[part]


def test_a_rollout_that_only_counts_restarts_has_nothing_to_judge(
    capsys: pytest.CaptureFixture[str], rollout: Path, tmp_path: Path
) -> None:
    save(recorded(2), tmp_path / "past.json")
    content = yaml.safe_load(EXAMPLE)
    content["spec"]["analysis"]["metrics"] = [RESTARTS]
    content["spec"]["workload"] = {"deploymentRef": {"name": "checkout"}}
    del content["spec"]["revision"]
    rollout.write_text(yaml.safe_dump(content))
    code, said = run(capsys, rollout, "--recording", tmp_path / "past.json")
    assert code == 2
    assert "judges nothing that can be judged again: restarts is not judged" in said


def test_nothing_recorded_is_said(capsys: pytest.CaptureFixture[str], rollout: Path, tmp_path: Path) -> None:
    save(recorded(0), tmp_path / "past.json")
    code, said = run(capsys, rollout, "--recording", tmp_path / "past.json")
    assert code == 1
    assert "no request to the Service shop/checkout" in said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "give --prometheus-url, or --recording"),
        (("--prometheus-url", "nonsense"), "'nonsense' is not an address"),
        (("--prometheus-url", "http://127.0.0.1:9"), "connection refused"),
        (("--recording", "rollout.yaml"), "is no recording"),
        (("--last", "soon"), "must be a duration"),
    ],
)
def test_what_is_wrong_is_one_line(
    capsys: pytest.CaptureFixture[str],
    rollout: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    monkeypatch.chdir(rollout.parent)
    code, said = run(capsys, rollout, *arguments)
    assert code == 2
    assert complaint in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "content", ["", "kind: Service", EXAMPLE + "---" + EXAMPLE, "a: [", EXAMPLE.replace('50%"}', 'x"}')]
)
def test_a_file_without_one_rollout_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str
) -> None:
    path = tmp_path / "rollout.yaml"
    path.write_text(content)
    code, said = run(capsys, path, "--recording", path)
    assert code == 2
    assert "Traceback" not in said
