"""A recording as Prometheus would have answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

from canary_operator.backtest.recording import Recording
from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.metrics.readings import Arms

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ARMS = Arms(Service("shop", "checkout"), Service("shop", "checkout-canary"))
STEP = timedelta(seconds=10)
_GATEWAY = {"reporter": "source", "namespace": "istio-system", "pod": "gw-1"}


def recorded(
    looks: int,
    baseline: tuple[float, float] = (900.0, 9.0),
    canary: tuple[float, float] = (0.0, 0.0),
    first: int = 0,
    last: int = 10**9,
) -> Recording:
    """Requests and bad ones in each look; the canary has its own from the first to the last look."""
    times = [START.timestamp() + STEP.total_seconds() * look for look in range(looks)]
    served = [max(0, min(look, last) - first) for look in range(looks)]
    rows: list[dict[str, Any]] = [
        {"metric": {"class": "scraped", **_GATEWAY}, "values": [[at, str(at)] for at in times]}
    ]
    for arm, (requests, bad), counts in (
        (ARMS.stable, baseline, range(looks)),
        (ARMS.canary, canary, served),
    ):
        service = {"destination_service_namespace": arm.namespace, "destination_service_name": arm.name, **_GATEWAY}
        for name, each in (("all", requests), ("bad", bad)):
            values = [[at, str(count * each)] for at, count in zip(times, counts, strict=True) if requests and count]
            if values:
                rows.append({"metric": {"class": name, **service}, "values": values})
    return Recording(START, START + looks * STEP, STEP, rows)
