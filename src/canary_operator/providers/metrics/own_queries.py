"""The user's own queries, filled in for each arm. Pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from canary_operator.api.metric import Kind, Metric
from canary_operator.api.promql import filled
from canary_operator.ports import Target
from canary_operator.providers.workloads.marks import canary_name

PART = "canary_operator_part"
"""Label of our own that says which query of the four a row answers."""
ARMS = CANARY, BASELINE = "canary", "baseline"
WHOLE = "-whole"
"""Said after an arm: the whole that a Counter is a part of."""
_SCRAPES_OF_AN_INTERVAL = 4
_SHORTEST_INTERVAL = timedelta(seconds=10)
_POD = "[a-z0-9]+-[a-z0-9]{5}"
"""What a ReplicaSet adds to a Deployment's name, and a pod to that; without a hyphen more, so no other Deployment's."""

_CONTAINERS = 'namespace="$namespace", pod=~"$pods", container!="", container!="POD"'
_SERVED = 'istio_requests_total{reporter="destination", namespace="$namespace", pod=~"$pods"}'
_PRESETS = {
    "memory": f"sum by (pod) (container_memory_working_set_bytes{{{_CONTAINERS}}}) / 1048576",
    "cpu": f"sum by (pod) (rate(container_cpu_usage_seconds_total{{{_CONTAINERS}}}[$interval]))"
    f" / (sum by (pod) (rate({_SERVED}[$interval])) > 0)",
}
"""Mebibytes, and seconds of CPU for a request: an arm with more traffic needs more CPU, however good its version is."""


@dataclass(frozen=True, slots=True)
class OwnQueries:
    """One metric's, with everything filled in but the interval."""

    name: str
    kind: Kind
    parts: tuple[tuple[str, str], ...]
    """What each one counts, and its text."""

    def together(self, scrape: timedelta) -> str:
        """All of them in one question, so that all are of one moment."""
        span = max(_SHORTEST_INTERVAL, _SCRAPES_OF_AN_INTERVAL * scrape)
        interval = {"interval": f"{math.ceil(span.total_seconds())}s"}
        return _united((part, filled(text, interval)) for part, text in self.parts)

    def before(self) -> str:
        """What the baseline counted every ten seconds of the last half hour. A Counter's text has no interval."""
        return f"({_united((part, text) for part, text in self.parts if part.startswith(BASELINE))})[30m:10s]"


def own_queries(target: Target, metrics: Iterable[Metric], *, exchanged: bool) -> tuple[OwnQueries, ...]:
    """For both arms, by the role that each Service and Deployment has now."""
    arms = (_names(target, CANARY, made=not exchanged), _names(target, BASELINE, made=exchanged))
    return tuple(_queries(one, arms) for one in metrics if one.is_asked_apart)


def text_of(metric: Metric) -> str | None:
    """Its query, with its placeholders; None where all rollouts share one."""
    return metric.prom_ql or _PRESETS.get(metric.preset or "")


def _queries(metric: Metric, arms: Iterable[Mapping[str, str]]) -> OwnQueries:
    parts = []
    for names in arms:
        for text, suffix in ((text_of(metric), ""), (metric.out_of, WHOLE)):
            if text is not None:
                parts.append((names["arm"] + suffix, filled(text, names)))
    return OwnQueries(metric.title, "Gauge" if metric.is_gauge else metric.kind, tuple(parts))


def _names(target: Target, arm: str, *, made: bool) -> dict[str, str]:
    """`made`: it is behind the canary Service, in the Deployment that we made. The interval is filled in later."""
    traffic = target.spec.traffic
    names = {"namespace": target.namespace, "arm": arm, "interval": "$interval"}
    names["service"] = target.spec.canary_service if made else traffic.stable_service
    if target.spec.workload is not None:
        stable = target.spec.workload.deployment_ref.name
        names["workload"] = canary_name(stable) if made else stable
        names["pods"] = pods_of(names["workload"])
    return names


def pods_of(deployment: str) -> str:
    """A pattern of its pods' names, in RE2."""
    return f"{deployment.replace('.', '[.]')}-{_POD}"


def _united(parts: Iterable[tuple[str, str]]) -> str:
    return " or ".join(f'label_replace((\n{text}\n),"{PART}","{part}","","")' for part, text in parts)
