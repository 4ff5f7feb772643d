"""What a rollout wants judged, and where Prometheus counts it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from canary_operator.api.metric import Metric
from canary_operator.api.rollout import Spec
from canary_operator.backtest.moments import moments
from canary_operator.core.metric_terms import boundaries_of
from canary_operator.ports import Beside, Target
from canary_operator.providers.metrics import applications, queries
from canary_operator.providers.metrics.durations import spreads
from canary_operator.providers.metrics.looker import arms_of
from canary_operator.providers.metrics.own_queries import OwnQueries, own_queries
from canary_operator.providers.metrics.readings import Arms
from canary_operator.providers.metrics.tables import Row

_RESTARTS = (
    "the operator reads restarts from the pods' own status, and Prometheus holds none of it; kube-state-metrics counts"
    " them, and a Counter or Scalar of your own can ask for that"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rollout's."""

    spec: Spec
    arms: Arms
    queries: tuple[OwnQueries, ...] = ()
    """Of metrics that have queries of their own, for both arms."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Those that recorded data can say something of."""
        return tuple(one for one in self.spec.analysis.metrics if not one.is_restarts)

    @property
    def latencies(self) -> tuple[Metric, ...]:
        return tuple(one for one in self.metrics if one.is_latency)

    def counters(self) -> str:
        """Asks for what both arms served and what of it failed, by whoever counts it."""
        if self.arms.application is not None:
            return applications.counters((self.arms.application,), {})
        return queries.counters((self.arms.stable, self.arms.canary), {}, self.arms.counted)

    def pods(self) -> str | None:
        """The same of each pod of the baseline by itself; None where pods do not say what failed."""
        if self.arms.application is not None:
            return applications.pods((self.arms.application,), {})
        return None if self.arms.connections else queries.pods((self.arms.stable,), {}, self.arms.counted)

    def boundaries(self, durations: Iterable[Row]) -> set[tuple[str, str]]:
        """Each latency with every boundary at which a run would have judged it, whenever it had begun."""
        found = set()
        for _, rows in moments(durations):
            for took in spreads(rows).values():
                found |= {(one.metric, one.le) for one in boundaries_of(self.metrics, took)}
        return found

    def beyond_reach(self) -> Iterator[tuple[str, str]]:
        """What no recording can answer, by name, and why."""
        return ((one.title, _RESTARTS) for one in self.spec.analysis.metrics if one.is_restarts)


def wanted(spec: Spec, namespace: str, name: str) -> Wanted:
    """By the roles that Services and Deployments have in an ordinary run."""
    target = Target(namespace=namespace, name=name, uid="", spec=spec)
    queries = own_queries(target, spec.analysis.metrics, exchanged=False)
    counter = next((one.counter for one in spec.analysis.metrics if one.counter is not None), None)
    return Wanted(spec, arms_of(target, Beside(counter=counter), exchanged=False), queries)
