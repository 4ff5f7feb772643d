"""What the operator costs over a while, as the kernel, the API server and its own metrics page count it."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.setting import Setting, load_average

LEASES = "leases"
LAG = "canary_operator_decision_lag_seconds"
ROLLBACK = "canary_operator_rollback_latency_seconds"
LOOKS = "canary_operator_looks_total"
LOOK_SECONDS = "canary_operator_look_duration_seconds"
Call = tuple[str, str]
"""Verb, and resource with subresource: ("patch", "canaryrollouts/status")."""


@dataclass(frozen=True, slots=True)
class Cost:
    seconds: float
    memory: int
    """Bytes, at the end."""
    cpu: float
    """Seconds of processor time."""
    calls: Counter[Call]
    """Without those for the Lease, which no rollout causes."""
    lease_calls: int
    numbers: Mapping[str, float]
    """By how much each number of the metrics page grew; a bucket's name ends in its bound."""
    load: str

    @property
    def looks(self) -> float:
        """Queries; each one is a look for every rollout in progress."""
        return self.numbers.get(LOOKS, 0.0)

    def quantile(self, share: float, name: str = LAG) -> float:
        """The smallest bucket's bound, in seconds, below which this share of the observations lies."""
        total = self.numbers.get(f"{name}_count", 0.0)
        buckets = {
            float(key.rpartition("|")[2]): n for key, n in self.numbers.items() if key.startswith(f"{name}_bucket|")
        }
        return next((bound for bound in sorted(buckets) if total and buckets[bound] >= share * total), float("inf"))


def measure(stage: Setting, seconds: float) -> Cost:
    """Only watches, for so long."""
    began, numbers, calls = time.monotonic(), _numbers(stage.operator.metrics()), _calls(stage.cluster.state.audit_log)
    before = stage.operator.usage()
    time.sleep(seconds)
    after, spent = stage.operator.usage(), time.monotonic() - began
    fresh = _calls(stage.cluster.state.audit_log) - calls
    grown = {name: value - numbers.get(name, 0.0) for name, value in _numbers(stage.operator.metrics()).items()}
    leases = sum(count for (_, resource), count in fresh.items() if resource == LEASES)
    others = Counter({call: count for call, count in fresh.items() if call[1] != LEASES})
    return Cost(spent, after.memory, after.cpu - before.cpu, others, leases, grown, load_average())


def _numbers(page: str) -> dict[str, float]:
    """The sum over all labels but a bucket's bound."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            name = f"{sample.name}|{sample.labels['le']}" if "le" in sample.labels else sample.name
            sums[name] = sums.get(name, 0.0) + sample.value
    return sums


def _calls(log: Path) -> Counter[Call]:
    """Each call once, whichever stages it went through."""
    return Counter(dict(_call(line) for line in _lines(log)).values())


def _call(line: str) -> tuple[str, Call]:
    event = json.loads(line)
    where = event.get("objectRef", {})
    parts = (where.get("resource", event["requestURI"]), where.get("subresource"))
    return event["auditID"], (event["verb"], "/".join(part for part in parts if part))


def _lines(log: Path) -> Iterator[str]:
    """The last line may be in the making."""
    for line in log.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield line
