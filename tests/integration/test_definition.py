"""What the API server makes of the definition: what is written down comes back as it was, and is shown as it should."""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from canary_operator.api.evidence import Evidence, Source, Test
from canary_operator.api.reading import read_spec
from canary_operator.api.status import Condition, Outcome, PastRun, Pinned, Plan, Run, State, Status
from testbed.cluster import Cluster

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
CRD = ROOT / "crds" / "canaryrollouts.canary-operator.dev.yaml"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ODD = (0.1 + 0.2, 1e12, 5e-324, 1 / 3, 0.0, 1e21, 123456789.125)


@pytest.fixture
def rollout(cluster: Cluster, namespace: str) -> str:
    """A rollout with no status, from the example."""
    cluster.kubectl("apply", "--server-side", "-f", str(CRD))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=20s", "-f", str(CRD))
    manifest = yaml.safe_load((ROOT / "examples" / "percentage" / "rollout.yaml").read_text(encoding="utf-8"))
    manifest["metadata"]["namespace"] = namespace
    cluster.kubectl("apply", "-f", "-", input=yaml.safe_dump(manifest))
    return str(manifest["metadata"]["name"])


def test_a_status_comes_back_to_the_bit(cluster: Cluster, namespace: str, rollout: str) -> None:
    """A restart of the operator changes no verdict."""
    status = a_status(cluster, namespace, rollout)
    write(cluster, namespace, rollout, status.model_dump(mode="json", by_alias=True, exclude_none=True))
    assert Status.model_validate(read(cluster, namespace, rollout)["status"]) == status


def test_the_largest_status_stays_below_32_kib(cluster: Cluster, namespace: str, rollout: str) -> None:
    """It is read and written as a whole, by everybody who watches."""
    status = a_status(cluster, namespace, rollout)
    assert len(status.model_dump_json(by_alias=True, exclude_none=True)) < 32 * 1024


def test_nothing_is_filled_into_an_older_status(cluster: Cluster, namespace: str, rollout: str) -> None:
    """What an older operator did not write is not there, so that its reader's own defaults hold."""
    write(cluster, namespace, rollout, {"state": "Resting", "run": {"id": "abc-1"}, "conditions": []})
    assert read(cluster, namespace, rollout)["status"] == {
        "state": "Resting",
        "run": {"id": "abc-1"},
        "conditions": [],
    }


def test_a_newer_operator_is_not_locked_out(cluster: Cluster, namespace: str, rollout: str) -> None:
    """A state that this definition has never heard of can be written down; Helm leaves definitions behind."""
    write(cluster, namespace, rollout, {"state": "Mirroring"})
    assert read(cluster, namespace, rollout)["status"]["state"] == "Mirroring"


def test_the_table_tells_how_the_rollout_stands(cluster: Cluster, namespace: str, rollout: str) -> None:
    """Whoever looks sees stage, weight, what was observed, and why."""
    status = a_status(cluster, namespace, rollout)
    write(cluster, namespace, rollout, status.model_dump(mode="json", by_alias=True, exclude_none=True))
    heading, line = cluster.kubectl("get", "cro", rollout, "-n", namespace).splitlines()
    assert heading.split() == ["NAME", "READY", "STAGE", "WEIGHT", "OBSERVED", "REQUESTS", "REASON", "AGE"]
    assert line.split()[:-1] == ["checkout", "Unknown", "2/4", "25%", "24.6%", "18240", "StageRunning"]
    wide = cluster.kubectl("get", "cro", rollout, "-n", namespace, "-o", "wide")
    assert "2026-11-24T10:30:00Z" in wide
    assert "the stage runs" in wide


def test_the_category_lists_rollouts(cluster: Cluster, namespace: str, rollout: str) -> None:
    """One word for all that is ours."""
    assert rollout in cluster.kubectl("get", "canary-operator", "-n", namespace, "-o", "name")


def a_status(cluster: Cluster, namespace: str, rollout: str) -> Status:
    """One in mid-run, with numbers that are hard to write down and as many sources as there may be."""
    spec = read_spec(read(cluster, namespace, rollout)["spec"])
    sources = tuple(
        Source(name=f"gateway-{number:03}", at=1.7e9 + number / 7, canary=(1e6 / 3, 1.5), baseline=(1e7 / 3, 2.5))
        for number in range(100)
    )
    evidence = Evidence(at=NOW, looks=7, comparison=Test(looks=7, wealth=ODD), sources=sources)
    run = Run(
        id="0123456789-3",
        revision="0123456789abcdef",
        plan=Plan(stages=spec.stages, analysis=spec.analysis, max_duration=spec.max_duration),
        stage=2,
        weight=Fraction(1, 4),
        started_at=NOW,
        ends_at=NOW + timedelta(minutes=30),
        pinned=Pinned(scrape=timedelta(seconds=1), settle=timedelta(milliseconds=1250)),
        evidence=evidence,
    )
    past = PastRun(
        id="0123456789-2",
        revision="0123456789abcdef",
        outcome=Outcome.ROLLED_BACK,
        reason="Harm",
        message="m" * 512,
        started_at=NOW,
        ended_at=NOW,
    )
    ready = Condition(
        type="Ready",
        status="Unknown",
        reason="StageRunning",
        message="the stage runs",
        last_transition_time=NOW,
        observed_generation=1,
    )
    return Status(
        state=State.STAGED,
        conditions=(ready,),
        stage="2/4",
        weight="25%",
        observed_weight="24.6%",
        canary_requests=18240,
        run=run,
        history=(past,) * 10,
    )


def write(cluster: Cluster, namespace: str, name: str, status: dict[str, Any]) -> None:
    patch = json.dumps({"status": status})
    cluster.kubectl("patch", "cro", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", patch)


def read(cluster: Cluster, namespace: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cluster.kubectl("get", "cro", name, "-n", namespace, "-o", "json"))
    return found
