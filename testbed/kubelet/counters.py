"""What a pod counted, as its sidecar, its application, cAdvisor and kube-state-metrics would export it together."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

BUCKETS = (
    0.5,
    1,
    5,
    10,
    25,
    50,
    100,
    250,
    500,
    1000,
    2500,
    5000,
    10000,
    30000,
    60000,
    300000,
    600000,
    1800000,
    3600000,
)
"""Upper bounds in milliseconds: Envoy's, and so Istio's."""
MEGABYTE = 1024 * 1024


@dataclass(slots=True)
class Durations:
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    milliseconds: float = 0.0

    def add(self, milliseconds: float) -> None:
        self.buckets[bisect_left(BUCKETS, milliseconds)] += 1
        self.milliseconds += milliseconds


@dataclass(slots=True)
class Counters:
    by_code: dict[int, Durations] = field(default_factory=dict)
    orders_paid: int = 0

    def add(self, code: int, milliseconds: float) -> None:
        self.by_code.setdefault(code, Durations()).add(milliseconds)


@dataclass(frozen=True, slots=True)
class Gauged:
    """What others say about one container."""

    megabytes: float
    restarts: int = 0
    cpu: float = 0.0
    """Seconds."""


def exposition(counters: Counters, istio: Mapping[str, str], containers: Mapping[str, Gauged]) -> bytes:
    """Prometheus' text format. `istio` are the labels of Istio's own metrics; `containers` go by their names."""
    lines = ["# TYPE istio_requests_total counter", "# TYPE istio_request_duration_milliseconds histogram"]
    named = containers.items()
    for code, durations in counters.by_code.items():
        lines += _istio_lines(_written({**istio, "response_code": str(code)}), durations)
    lines += [
        "# TYPE http_requests_total counter",
        *(
            f"http_requests_total{{{_written({'code': str(code), 'method': 'GET'})}}} {sum(durations.buckets)}"
            for code, durations in counters.by_code.items()
        ),
        "# TYPE orders_paid_total counter",
        f"orders_paid_total{{{_written({'workload': istio['destination_workload']})}}} {counters.orders_paid}",
        "# TYPE process_resident_memory_bytes gauge",
        f"process_resident_memory_bytes {sum(one.megabytes for one in containers.values()) * MEGABYTE:.0f}",
        "# TYPE container_memory_working_set_bytes gauge",
        *(_of_container("container_memory_working_set_bytes", name, one.megabytes * MEGABYTE) for name, one in named),
        "# TYPE container_cpu_usage_seconds_total counter",
        *(f"container_cpu_usage_seconds_total{{{_written({'container': name})}}} {one.cpu:.6f}" for name, one in named),
        "# TYPE kube_pod_container_status_restarts_total counter",
        *(_of_container("kube_pod_container_status_restarts_total", name, one.restarts) for name, one in named),
    ]
    return "\n".join([*lines, ""]).encode()


def _istio_lines(labels: str, durations: Durations) -> list[str]:
    below = 0
    lines = []
    for bound, count in zip((*BUCKETS, "+Inf"), durations.buckets, strict=True):
        below += count
        lines.append(f'istio_request_duration_milliseconds_bucket{{{labels},le="{bound}"}} {below}')
    return [
        f"istio_requests_total{{{labels}}} {below}",
        *lines,
        f"istio_request_duration_milliseconds_sum{{{labels}}} {durations.milliseconds:.3f}",
        f"istio_request_duration_milliseconds_count{{{labels}}} {below}",
    ]


def _of_container(metric: str, container: str, value: float) -> str:
    return f"{metric}{{{_written({'container': container})}}} {value:.0f}"


def _written(labels: Mapping[str, str]) -> str:
    """A pod's labels hold neither quotes nor backslashes: the API server saw to that."""
    return ",".join(f'{name}="{value}"' for name, value in labels.items())
