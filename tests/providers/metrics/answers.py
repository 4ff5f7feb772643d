"""Answers as Prometheus writes them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.metrics.readings import Arms, Survey
from canary_operator.providers.metrics.subject import Subject
from canary_operator.providers.metrics.tables import Source

NOW = 1_700_000_000.0
STABLE, CANARY = Service("shop", "checkout"), Service("shop", "checkout-canary")
ARMS = Arms(STABLE, CANARY)
GATEWAY = {"namespace": "istio-system", "pod": "gw-1", "instance": "10.0.0.1:15090", "job": "istio"}
SURVEY = Survey(Source("source", "istio-system/gw-1"), timedelta(seconds=1), timedelta(seconds=2))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def row(part: str, value: object, service: Service | None = None, /, **labels: str) -> dict[str, Any]:
    """One row of the answer to a look; by default the gateway's, as a caller."""
    metric = {"class": part, "reporter": "source", **GATEWAY, **labels}
    if service is not None:
        metric |= {"destination_service_namespace": service.namespace, "destination_service_name": service.name}
    return {"metric": {name: text for name, text in metric.items() if text}, "value": [NOW, str(value)]}


def counted(service: Service, requests: float, bad: float | None = None, /, **labels: str) -> list[dict[str, Any]]:
    """Bad requests have no row while there are none."""
    return [row("all", requests, service, **labels)] + ([] if bad is None else [row("bad", bad, service, **labels)])


def scraped(at: float = NOW, **labels: str) -> dict[str, Any]:
    return row("scraped", at, **labels)


HERE = Subject(STABLE, Source("source", "istio-system/gw-1"), tuple(sorted(GATEWAY.items())))


def passing(kind: str, counts: Sequence[float], service: Service = STABLE) -> dict[str, Any]:
    """One arm's half hour."""
    labels = {"destination_service_namespace": service.namespace, "destination_service_name": service.name}
    values = [[NOW + 10 * step, str(count)] for step, count in enumerate(counts)]
    return {"metric": {**labels, "reporter": "source", "class": kind}, "values": values}
