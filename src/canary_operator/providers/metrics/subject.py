"""Where a rollout's metrics are measured before its run."""

from dataclasses import dataclass

from canary_operator.api.metric import Metric
from canary_operator.providers.metrics.applications import REPORTER, Application
from canary_operator.providers.metrics.durations import Arm
from canary_operator.providers.metrics.queries import IDENTITY, OF_PODS, REPORTERS, Service
from canary_operator.providers.metrics.tables import Source, Table


@dataclass(frozen=True, slots=True)
class Subject:
    """Where to measure: the baseline at its busiest source."""

    service: Service
    source: Source
    identity: tuple[tuple[str, str], ...]
    """The labels that single out this source."""
    metrics: tuple[Metric, ...] = ()
    """What the run will judge."""
    application: Application | None = None
    """Who counts, where it is not the callers."""

    @property
    def arm(self) -> Arm:
        return self.service, self.source.reporter

    @property
    def judges_latency(self) -> bool:
        return any(metric.is_latency for metric in self.metrics)


def subject(
    stable: Service, table: Table, metrics: tuple[Metric, ...] = (), application: Application | None = None
) -> Subject | None:
    """None while nobody has counted a request of the baseline."""
    counts = table.counts.get(stable, {})
    for reporter in (*REPORTERS, *OF_PODS.reporters, REPORTER):
        if here := {source: count for source, count in counts.items() if source.reporter == reporter}:
            busiest = max(here, key=lambda source: (here[source].total or 0.0, source.name))
            labels = here[busiest].labels
            identity = tuple((name, labels[name]) for name in IDENTITY if name in labels)
            return Subject(stable, busiest, identity, metrics, application)
    return None
