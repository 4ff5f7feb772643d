"""The record as JSON. Moments are seconds since the epoch, durations milliseconds."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from testbed.load.record import Record, Seen, is_failure

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}


def summarise(record: Record, *, timeline: bool = False) -> dict[str, Any]:
    """`timeline` adds what each version answered in each second."""
    statuses: Counter[int] = sum((seen.statuses for seen in record.versions.values()), Counter())
    latencies = [one for seen in record.versions.values() for one in seen.milliseconds]
    summary: dict[str, Any] = {
        "sent": record.sent,
        "answered": statuses.total(),
        "failed": _failures(statuses),
        "statuses": _texts(statuses),
        "errors": dict(record.errors),
        "first_error": record.first_error,
        "last_error": record.last_error,
        "latency_ms": quantiles(latencies),
        "versions": {name: _version(seen, statuses.total()) for name, seen in sorted(record.versions.items())},
        "pods": dict(sorted(record.pods.items())),
    }
    if record.users:
        summary["users"] = _users(record)
    if timeline:
        summary["timeline"] = [_second(second, counts) for second, counts in sorted(record.timeline.items())]
    return summary


def quantiles(values: Iterable[float]) -> dict[str, float]:
    """By the nearest rank; empty where there are no values."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return (
        {name: round(ordered[min(int(q * len(ordered)), last)], 2) for name, q in QUANTILES.items()} if ordered else {}
    )


def _version(seen: Seen, total: int) -> dict[str, Any]:
    return {
        "answered": seen.statuses.total(),
        "share": round(seen.statuses.total() / total, 4),
        "failed": _failures(seen.statuses),
        "statuses": _texts(seen.statuses),
        "first": seen.first,
        "last": seen.last,
        "first_failure": seen.first_failure,
        "last_failure": seen.last_failure,
        "latency_ms": quantiles(seen.milliseconds),
    }


def _users(record: Record) -> dict[str, Any]:
    """`unsteady` are those who met more than one version."""
    met = Counter(version for versions in record.users.values() for version in versions)
    unsteady = sum(len(versions) > 1 for versions in record.users.values())
    return {"seen": len(record.users), "by_version": dict(sorted(met.items())), "unsteady": unsteady}


def _second(second: int, counts: Counter[tuple[str, int]]) -> dict[str, Any]:
    versions: dict[str, dict[str, int]] = {}
    for (version, status), count in sorted(counts.items()):
        versions.setdefault(version, {})[str(status)] = count
    return {"second": second, "versions": versions}


def _failures(statuses: Counter[int]) -> int:
    return sum(count for status, count in statuses.items() if is_failure(status))


def _texts(statuses: Counter[int]) -> dict[str, int]:
    return {str(status): count for status, count in sorted(statuses.items())}
