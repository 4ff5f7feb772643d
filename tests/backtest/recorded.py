"""A recording as Prometheus would have answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from canary_operator.api.reading import read_spec
from canary_operator.backtest.recording import Answer, Recording
from canary_operator.backtest.wanted import Wanted, wanted

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEP = timedelta(seconds=10)
ERRORS = {"preset": "istio-error-rate", "maxIncrease": "50%"}
P99 = {"preset": "istio-latency-p99", "maxIncrease": "50%"}
ORDERS = {"name": "orders", "promQL": 'paid{s="$service"}', "outOf": 'visits{s="$service"}', "maxDecrease": "10%"}
QUEUE = {"name": "queue", "kind": "Scalar", "promQL": 'queue{s="$service"}', "max": "10"}
MEMORY = {"preset": "memory", "maxIncrease": "50%", "critical": True}
RESTARTS = {"preset": "restarts", "max": "0"}
_GATEWAY = {"reporter": "source", "namespace": "istio-system", "pod": "gw-1"}
Each = tuple[float, float]
"""Requests in each look, and how many of them are meant."""


def wish(*metrics: Mapping[str, object]) -> Wanted:
    """Of two stages of five minutes without a warm-up; by errors, if nothing else is said."""
    spec = {
        "workload": {"deploymentRef": {"name": "checkout"}},
        "traffic": {"istio": {"virtualServices": [{"name": "checkout"}]}, "stableService": "checkout"},
        "stages": [{"weight": "10%", "duration": "5m"}, {"weight": "50%", "duration": "5m"}],
        "analysis": {"warmup": "0s", "metrics": list(metrics or [ERRORS])},
    }
    return wanted(read_spec(spec), "shop", "checkout")


WISH = wish()
ARMS = WISH.arms


def recorded(
    looks: int,
    baseline: Each = (900.0, 9.0),
    canary: Each = (0.0, 0.0),
    first: int = 0,
    last: int = 10**9,
) -> Recording:
    """Requests and bad ones in each look; the canary has its own from the first to the last look."""
    rows: list[dict[str, Any]] = [_scraped(looks)]
    for arm, (requests, bad), counts in _arms(looks, baseline, canary, first, last):
        for name, each in (("all", requests), ("bad", bad)):
            rows += _grown(arm, name, each if requests else 0.0, counts, keep=bool(requests))
    return Recording(START, START + looks * STEP, STEP, rows)


def slow(recording: Recording, baseline: Each, canary: Each = (0.0, 0.0), first: int = 0) -> Recording:
    """Of each look's requests so many take longer than 100 ms, a tenth of those longer than 250 ms; nothing fails."""
    looks = _looks(recording)
    rows: list[dict[str, Any]] = [_scraped(looks)]
    for arm, (requests, over), counts in _arms(looks, baseline, canary, first, 10**9):
        rows += _grown(arm, "served", requests, counts, keep=bool(requests))
        for le, quick in (("50", 0.0), ("100", requests - over), ("250", requests - over / 10), ("1000", requests)):
            rows += _grown({**arm, "le": le}, "quick", quick, counts, keep=bool(requests))
    service = {key: value for key, value in _service("checkout").items() if key not in {"namespace", "pod"}}
    every, over = (180 * each for each in baseline)
    quick = {"50": 0.0, "100": every - over, "250": every - over / 10, "1000": every}
    parts: list[tuple[dict[str, str], float]] = [({"class": "served"}, every)]
    parts += [({"class": "quick", "le": le}, count) for le, count in quick.items()]
    durations: list[dict[str, Any]] = [
        {"metric": {**service, **one}, "values": [[START.timestamp(), str(value)]]} for one, value in parts
    ]
    return replace(recording, slow=rows, durations=durations)


def own(
    recording: Recording, wanted: Wanted, name: str, value: Callable[[str, int], float | None], pods: Sequence[str] = ()
) -> Recording:
    """The answer to this metric's query: of each part, or of each `part/pod`, its value at each look, or None."""
    (queries,) = (one for one in wanted.queries if one.name == name)
    rows = []
    for part, _ in queries.parts:
        for pod in pods or [""]:
            labels = {"canary_operator_part": part} | ({"pod": pod} if pod else {})
            asked = f"{part}/{pod}" if pod else part
            values = [(_at(look), value(asked, look)) for look in range(_looks(recording))]
            rows.append({"metric": labels, "values": [[at, str(one)] for at, one in values if one is not None]})
    answer = Answer(queries.together(recording.step), rows)
    return replace(recording, own={**recording.own, name: answer})


def _arms(looks: int, baseline: Each, canary: Each, first: int, last: int) -> Any:
    served = [max(0, min(look, last) - first) for look in range(looks)]
    yield _service("checkout"), baseline, list(range(looks))
    yield _service("checkout-canary"), canary, served


def _service(name: str) -> dict[str, str]:
    return {"destination_service_namespace": "shop", "destination_service_name": name, **_GATEWAY}


def _grown(labels: Mapping[str, str], name: str, each: float, counts: list[int], *, keep: bool) -> list[dict[str, Any]]:
    values = [[_at(look), str(count * each)] for look, count in enumerate(counts) if keep and count]
    return [{"metric": {"class": name, **labels}, "values": values}] if values else []


def _scraped(looks: int) -> dict[str, Any]:
    values = [[_at(look), str(_at(look))] for look in range(looks)]
    return {"metric": {"class": "scraped", **_GATEWAY}, "values": values}


def _looks(recording: Recording) -> int:
    return round((recording.end - recording.start) / recording.step)


def _at(look: int) -> float:
    return START.timestamp() + STEP.total_seconds() * look
