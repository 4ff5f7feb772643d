"""What the operator says about itself in numbers; every name begins with `canary_operator_`."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from fractions import Fraction

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from canary_operator.api.quantities import parse_percentage
from canary_operator.api.status import Status
from canary_operator.core.evidence.judge import judge
from canary_operator.core.plan import terms
from canary_operator.operator.agenda import Turn
from canary_operator.providers.metrics.server import Look
from canary_operator.providers.resources import Resource

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WHICH = ("namespace", "rollout")

Present = Callable[[], Iterable[tuple[str, str, Status]]]
"""Namespace, name and status of every rollout there is."""


class Telemetry:
    """Counters are told; what belongs to one rollout is read when somebody scrapes, so it ends with the rollout."""

    def __init__(self) -> None:
        self._registry = own = CollectorRegistry()
        self._lag = Histogram(
            "canary_operator_decision_lag_seconds",
            "From the moment a pass was due to its end.",
            buckets=_FAST,
            registry=own,
        )
        self._rollback = Histogram(
            "canary_operator_rollback_latency_seconds",
            "From the news that called for a pass to the API server's answer that the canary gets no traffic.",
            buckets=_FAST,
            registry=own,
        )
        self._failures = Counter(
            "canary_operator_pass_failures_total", "Passes that are to be made again.", ("error",), registry=own
        )
        self._looks = Counter(
            "canary_operator_looks_total",
            "Looks at the metrics of all rollouts of a provider.",
            ("provider",),
            registry=own,
        )
        self._look_seconds = Histogram(
            "canary_operator_look_duration_seconds",
            "From the question to the last reading.",
            ("provider",),
            buckets=_FAST,
            registry=own,
        )
        self._provider_errors = Counter(
            "canary_operator_provider_errors_total",
            "Looks that a metrics provider did not answer.",
            ("provider",),
            registry=own,
        )
        self._calls = Counter(
            "canary_operator_api_calls_total",
            "Calls to the API server; code 0 is no answer.",
            ("verb", "resource", "code"),
            registry=own,
        )
        self._call_seconds = Histogram(
            "canary_operator_api_call_duration_seconds",
            "Time of a call to the API server.",
            ("verb",),
            buckets=_FAST,
            registry=own,
        )
        self._restarts = Counter("canary_operator_watch_restarts_total", "Restarts of the watches.", registry=own)
        self._leader = Gauge("canary_operator_leader", "1 in the process that may write.", registry=own)
        self._waiting = Gauge("canary_operator_passes_waiting", "Passes that are due and have not begun.", registry=own)
        self._tasks = Gauge(
            "canary_operator_tasks", "Tasks of the event loop; only a leak goes on growing.", registry=own
        )

    def passed(self, turn: Turn, ended: datetime) -> None:
        """A pass was made."""
        self._lag.observe(max(0.0, (ended - turn.since).total_seconds()))

    def taken_back(self, turn: Turn, at: datetime) -> None:
        """A pass has taken the traffic from a canary, and is not over yet."""
        self._rollback.observe(max(0.0, (at - turn.since).total_seconds()))

    def failed(self, error: str) -> None:
        self._failures.labels(error).inc()

    def looked(self, look: Look) -> None:
        """A metrics provider was asked."""
        self._looks.labels(look.provider).inc()
        self._look_seconds.labels(look.provider).observe(look.seconds)
        if look.error is not None:
            self._provider_errors.labels(look.provider).inc()

    def called(self, verb: str, resource: Resource, code: int, seconds: float) -> None:
        self._calls.labels(verb, resource.plural, str(code)).inc()
        self._call_seconds.labels(verb).observe(seconds)

    def watch_restarted(self) -> None:
        self._restarts.inc()

    def leads(self, begins: bool) -> None:
        self._leader.set(int(begins))

    def show(self, present: Present, *, waiting: Callable[[], int], tasks: Callable[[], int]) -> None:
        """What is asked for when somebody scrapes."""
        self._waiting.set_function(waiting)
        self._tasks.set_function(tasks)
        self._registry.register(Rollouts(present))

    def page(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)


class Rollouts(Collector):
    """One series of each kind for each rollout, made when asked for."""

    def __init__(self, present: Present) -> None:
        self._present = present

    def collect(self) -> Iterator[Metric]:
        rollouts = list(self._present())
        yield _count("rollouts", "Rollouts by state.", "state", (status.state for _, _, status in rollouts))
        yield _count("rollouts_holding", "Runs that hold, by reason.", "reason", map(_hold, _statuses(rollouts)))
        for name, text, value in _SERIES:
            family = GaugeMetricFamily(f"canary_operator_rollout_{name}", text, labels=_WHICH)
            for namespace, rollout, status in rollouts:
                if (number := value(status)) is not None:
                    family.add_metric((namespace, rollout), number)
            yield family


def _statuses(rollouts: list[tuple[str, str, Status]]) -> Iterator[Status]:
    return (status for _, _, status in rollouts)


def _count(name: str, text: str, label: str, values: Iterable[str | None]) -> Metric:
    family = GaugeMetricFamily(f"canary_operator_{name}", text, labels=(label,))
    for value, number in Tally(value for value in values if value).items():
        family.add_metric((value,), number)
    return family


def _hold(status: Status) -> str | None:
    return status.run.hold.reason if status.run is not None and status.run.hold is not None else None


def _ready(status: Status) -> float | None:
    ready = next((condition.status for condition in status.conditions if condition.type == "Ready"), None)
    return None if ready is None else float(ready == "True")


def _weight(status: Status) -> float | None:
    return None if status.run is None else float(status.run.weight)


def _observed(status: Status) -> float | None:
    share: Fraction | None = parse_percentage(status.observed_weight) if status.observed_weight else None
    return None if share is None else float(share)


def _stage(status: Status) -> float | None:
    return None if status.run is None else float(status.run.stage)


def _requests(status: Status) -> float | None:
    return None if status.canary_requests is None else float(status.canary_requests)


def _score(status: Status) -> float | None:
    return None if status.score is None else float(status.score)


def _e_value(status: Status) -> float | None:
    run = status.run
    if run is None or run.pinned is None:
        return None
    judgement = judge(run.evidence, terms(run))
    return judgement.e_value / judgement.bound


_SERIES: tuple[tuple[str, str, Callable[[Status], float | None]], ...] = (
    ("ready", "1 while the condition Ready is True.", _ready),
    ("weight_ratio", "Share of the traffic that the canary was given.", _weight),
    ("observed_weight_ratio", "Share of the stage's requests that the canary answered.", _observed),
    ("stage", "The stage of the run, counted from 1.", _stage),
    ("canary_requests", "Requests that the canary answered in this run.", _requests),
    ("score", "How the critical metrics stand in this stage, from 0 to 100; it decides nothing.", _score),
    ("evidence_ratio", "Evidence of harm (the E value) over its bound: from 1 on the run is rolled back.", _e_value),
)
