"""From a table to what one rollout is told: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from canary_operator.api.reasons import METRICS_MISSING, METRICS_STALE, METRICS_UNAVAILABLE
from canary_operator.api.status import Boundary, PodSpread
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.world import Reading, Unknown
from canary_operator.providers.metrics.applications import Application, asked_of
from canary_operator.providers.metrics.queries import (
    CONNECTIONS,
    CONNECTIONS_OF_WORKLOADS,
    OF_PODS,
    OF_WORKLOADS,
    REQUESTS,
    Counted,
    Service,
)
from canary_operator.providers.metrics.tables import Count, Source, Table

STALE_AFTER_SCRAPES = 3


@dataclass(frozen=True, slots=True)
class Arms:
    """The two Services of a rollout, or the two workloads behind its one, by the role that they have now."""

    stable: Service
    canary: Service
    application: Application | None = None
    """None where Istio's callers count."""
    connections: bool = False
    """They are counted, because there are no requests below HTTP."""
    workloads: bool = False
    """One Service is in front of both."""
    copies: bool = False
    """The pods' sidecars count them, and both are Deployments."""

    @property
    def counted(self) -> Counted:
        """What is counted of them, where applications don't count by themselves."""
        if self.copies:
            return OF_PODS
        if self.workloads:
            return CONNECTIONS_OF_WORKLOADS if self.connections else OF_WORKLOADS
        return CONNECTIONS if self.connections else REQUESTS


@dataclass(frozen=True, slots=True)
class Survey:
    """What was measured about a rollout's metrics when it was first watched."""

    source: Source
    """The source whose scrapes were measured. Only its kind of reporter is believed: gateways and sidecars, or where
    there are none the waypoints; never both, for a request that passes a gateway and a waypoint is counted by each."""
    scrape: timedelta
    """Time between two scrapes."""
    settle: timedelta
    """The baseline's P99 duration, and the time that a weight takes to reach the proxies."""
    phi: float = 1.0
    """How much wider than independent requests the baseline's errors scattered in the half hour before."""
    boundaries: tuple[Boundary, ...] = ()
    """Where latencies can be judged."""
    pods: PodSpread | None = None
    """How much the baseline's pods differ."""


def read(arms: Arms, survey: Survey | Unknown, table: Table, hint: str = "") -> Reading | Unknown:
    """The newest counters, or why there are none to judge by; the hint says what there is instead."""
    if broken := table.unusable.get(arms.stable) or table.unusable.get(arms.canary):
        return broken
    if isinstance(survey, Unknown):
        return survey if table.counts.get(arms.stable) else _no_baseline(arms, hint)
    sample = _sample(arms, survey.source.reporter, table)
    if sample is None:
        return Unknown("the answer of Prometheus has fewer requests than bad requests", METRICS_UNAVAILABLE)
    if sample.at is not None and table.evaluated is not None:
        age = table.evaluated - sample.at
        if age > STALE_AFTER_SCRAPES * survey.scrape:
            return Unknown(_stale(age, survey.scrape), METRICS_STALE)
    return Reading(sample, survey.scrape, survey.settle, survey.phi, survey.boundaries, survey.pods)


def _no_baseline(arms: Arms, hint: str) -> Unknown:
    """Nothing was measured yet, so that no scrape interval could go with an empty sample."""
    what, kind = "connection" if arms.connections else "request", "workload" if arms.workloads else "Service"
    if arms.copies:
        text = (
            f"Prometheus has no request that the pods of the Deployment {arms.stable} counted"
            ' (istio_requests_total with reporter="destination"), and mirrored requests are counted by nobody else:'
            " does traffic flow, and are the pods' sidecars scraped?"
        )
    elif arms.application is None:
        text = (
            f"Prometheus has no {what} to the {kind} {arms.stable} that its caller counted: does traffic flow,"
            " and are the gateways and sidecars that send it scraped?"
        )
    else:
        text = (
            f"Prometheus has no {arms.application.counter.metric} of the baseline's pods: does traffic flow, and are"
            f" they scraped? Asked was {asked_of(arms.application, arms.stable)}."
        )
    return Unknown(f"{text}{' ' + hint if hint else ''}", METRICS_MISSING)


def _sample(arms: Arms, reporter: str, table: Table) -> Sample | None:
    """Sources without series of either arm are left out. None: the counts contradict each other."""
    stable, canary = (_of(reporter, table.counts.get(arm, {})) for arm in (arms.stable, arms.canary))
    for count in (*stable.values(), *canary.values()):
        if count.total is None or count.bad > count.total:
            return None
    sources = {}
    for name in sorted(stable.keys() | canary.keys()):
        at = table.scraped.get(Source(reporter, name))
        if at is not None:
            sources[name] = SourceSample(at, canary=_counter(canary.get(name)), baseline=_counter(stable.get(name)))
    return Sample(sources)


def _of(reporter: str, counts: Mapping[Source, Count]) -> dict[str, Count]:
    return {source: count for (kind, source), count in counts.items() if kind == reporter}


def _counter(count: Count | None) -> Counter | None:
    return None if count is None else count.counter


def _stale(age: timedelta, scrape: timedelta) -> str:
    seconds, usual = age.total_seconds(), scrape.total_seconds()
    return f"the newest sample is {seconds:.0f} s old, although one should come every {usual:g} s"
