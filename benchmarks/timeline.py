"""Where the seconds of one rollback went, from what others wrote down: the load generator, Prometheus, the API server.

      weight written                                                            weight 0 written
            |   first failed response                                             |      last response of the canary
            |      |        first scrape that carries it                          |        |
            |      |          |        scrape that the verdict was based on       |        |
            |      |          |          |     its query begins   patch received  |        |
            |      |          |          |          |                |            |        |
                   |- unseen -|-- proof -|-- unread-|--- verdict ----|--- write --|-- still|

All of it on one machine, so by one clock. None of it is the operator's own word.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from testbed.cluster import Cluster
from testbed.errors import TestbedError
from testbed.shop import CANARY

PARTS = ("unseen", "proof", "unread", "verdict", "write", "still")
_BACK = "5m"
_INSTANT_TOLERANCE = 0.0005
"""Prometheus keeps milliseconds."""


@dataclass(frozen=True, slots=True)
class Timeline:
    seconds: float
    """From the canary's first failed response to its last response."""
    parts: Mapping[str, float]
    failed: int
    """Responses of the canary that failed."""
    answered: int
    """All of its responses."""


@dataclass(frozen=True, slots=True)
class Span:
    """A call, in Unix seconds."""

    began: float
    ended: float


def timeline(cluster: Cluster, namespace: str, canary: Mapping[str, Any]) -> Timeline:
    """`canary` is the load generator's summary of the version that failed."""
    first, last = canary["first_failure"], canary["last"]
    patch = _rollback(cluster.state.audit_log, namespace, after=first)
    look = _last_look(cluster.state.directory / "prometheus" / "queries.log", namespace, before=patch.began)
    scrapes = _scrapes(cluster, namespace)
    carried = next((at for at, bad in scrapes if bad > 0), last)
    decisive = max((at for at, _ in scrapes if at <= look.began), default=carried)
    marks = (first, carried, decisive, look.began, patch.began, patch.ended, last)
    parts = {name: end - begin for name, begin, end in zip(PARTS, marks, marks[1:], strict=False)}
    return Timeline(last - first, parts, canary["failed"], canary["answered"])


def _rollback(log: Path, namespace: str, *, after: float) -> Span:
    """The first write to the route after the harm began is the one that ends it."""
    for event in _lines(log):
        where = event.get("objectRef", {})
        if event["verb"] == "patch" and (where.get("resource"), where.get("namespace")) == (
            "virtualservices",
            namespace,
        ):
            began = _unix(event["requestReceivedTimestamp"])
            if began > after and event["stage"] == "ResponseComplete" and event["responseStatus"]["code"] == 200:
                return Span(began, _unix(event["stageTimestamp"]))
    raise TestbedError(f"nobody wrote to the route in {namespace} after its canary failed")


def _last_look(log: Path, namespace: str, *, before: float) -> Span:
    """The last query that was answered before the verdict and asked for this namespace."""
    found = [span for span in _looks(log, namespace) if span.ended <= before]
    if not found:
        raise TestbedError(f"Prometheus was not asked about {namespace} before the verdict")
    return found[-1]


def _looks(log: Path, namespace: str) -> Iterator[Span]:
    """Prometheus logs a query when it has answered it."""
    name = re.compile(rf"\b{re.escape(namespace)}\b")
    for line in _lines(log):
        params = line["params"]
        if '"class"' in params["query"] and name.search(params["query"]):
            ended = _unix(line["ts"] if "ts" in line else line["time"])
            yield Span(ended - line["stats"]["timings"]["execTotalTime"], ended)


def _scrapes(cluster: Cluster, namespace: str) -> Sequence[tuple[float, float]]:
    """Each scrape of the gateway: when, and how many bad responses of the canary it carried so far."""
    labels = f'destination_service_namespace="{namespace}",reporter="source"'
    everything = _samples(cluster, f"istio_requests_total{{{labels}}}")
    bad = _samples(
        cluster, f'istio_requests_total{{{labels},destination_service_name="{CANARY}",response_code=~"5.."}}'
    )
    return [(at, bad.get(at, 0.0)) for at in sorted(everything)]


def _samples(cluster: Cluster, selector: str) -> dict[float, float]:
    """The sum over all series at each scrape."""
    answer = requests.get(f"{cluster.prometheus_url}/api/v1/query", {"query": f"{selector}[{_BACK}]"}, timeout=10)
    answer.raise_for_status()
    sums: dict[float, float] = {}
    for series in answer.json()["data"]["result"]:
        for at, value in series["values"]:
            sums[at] = sums.get(at, 0.0) + float(value)
    return sums


def _lines(path: Path) -> Iterator[Any]:
    """Complete JSON lines; the last one may be in the making."""
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield json.loads(line)


def _unix(moment: str) -> float:
    """Go writes nanoseconds, of which Python reads six digits."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", moment)).timestamp()
