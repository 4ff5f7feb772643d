"""The metrics port: readings that are always at hand, because looks are taken beside the passes."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from canary_operator.api.metric import RequestCounter
from canary_operator.api.reasons import PROVIDER_UNKNOWN, READING
from canary_operator.core.world import Reading, Unknown
from canary_operator.ports import NOTHING_BESIDE, Beside, Target
from canary_operator.providers.metrics.applications import Application
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.counting import (
    Asked,
    ByApplications,
    ByCallers,
    ByConnections,
    ByConnectionsOfWorkloads,
    ByPods,
    ByWorkloads,
)
from canary_operator.providers.metrics.looks import Looks
from canary_operator.providers.metrics.own_queries import own_queries, pods_of
from canary_operator.providers.metrics.prometheus import Prometheus
from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.metrics.readings import Arms
from canary_operator.providers.metrics.server import Look, Server
from canary_operator.providers.workloads.marks import canary_name

__all__ = ["Look", "PrometheusMetrics", "arms_of"]

Who = type[ByCallers | ByApplications]
WHO: tuple[Who, ...] = (
    ByCallers,
    ByPods,
    ByConnections,
    ByWorkloads,
    ByConnectionsOfWorkloads,
    ByApplications,
)
Place = tuple[str, Who]
"""A provider, and who counts."""


def nobody_observes(look: Look) -> None:
    """For callers without metrics."""


class PrometheusMetrics:
    """Implements `ports.Metrics`. Use it from one event loop; a provider that hangs delays no other."""

    def __init__(
        self,
        providers: Sequence[ProviderConfig],
        *,
        on_reading: Callable[[str], None],
        observe: Callable[[Look], None] = nobody_observes,
        now: Callable[[], datetime],
        connect: Callable[[ProviderConfig], Server] = Prometheus,
    ) -> None:
        """`on_reading` gets the uid of a rollout as soon as there is a new reading, or one more failed attempt.

        `now` must be the clock that dates the changes of weight.
        """
        self._looks = {
            (config.name, of): Looks(
                Asked(config, connect(config), of(config.match_labels)), on_reading=on_reading, observe=observe, now=now
            )
            for config in providers
            for of in WHO
        }
        self._known = ", ".join(sorted(config.name for config in providers)) or "none"
        self._places: dict[str, Place] = {}

    def watch(self, target: Target, *, provider: str, exchanged: bool = False, beside: Beside = NOTHING_BESIDE) -> None:
        """Repeatable; what was measured is measured again only after `unwatch`, or for other Services."""
        place = (provider, _who_counts(target, beside))
        if self._places.get(target.uid, place) != place:
            self.unwatch(target.uid)
        self._places[target.uid] = place
        if (looks := self._looks.get(place)) is not None:
            looks.watch(
                target.uid,
                arms_of(target, beside, exchanged=exchanged),
                beside,
                own_queries(target, beside.own, exchanged=exchanged),
            )

    def unwatch(self, uid: str) -> None:
        if (place := self._places.pop(uid, None)) in self._looks:
            self._looks[place].unwatch(uid)

    def latest(self, target: Target) -> Reading | Unknown:
        place = self._places.get(target.uid)
        if place is None:
            return Unknown("the metrics of this rollout are not watched", READING)
        if (looks := self._looks.get(place)) is None:
            return Unknown(f"there is no metrics provider {place[0]}; known are: {self._known}", PROVIDER_UNKNOWN)
        return looks.latest(target.uid)

    async def run(self) -> None:
        """Take looks until cancelled; may be called again afterwards. Queries under way are not waited for."""
        async with asyncio.TaskGroup() as tasks:
            for looks in self._looks.values():
                tasks.create_task(looks.run())
            await asyncio.Event().wait()


def _who_counts(target: Target, beside: Beside) -> Who:
    if beside.counter is not None:
        return ByApplications
    if beside.copies:
        return ByPods
    below_http = target.spec.traffic.carries_connections
    if target.spec.traffic.subsets is not None:
        return ByConnectionsOfWorkloads if below_http else ByWorkloads
    return ByConnections if below_http else ByCallers


def arms_of(target: Target, beside: Beside = NOTHING_BESIDE, *, exchanged: bool) -> Arms:
    """The Services, or workloads, by the role that they have now, and who counts their requests."""
    counter = beside.counter
    copies = beside.copies and counter is None
    stable, canary = (Service(target.namespace, name) for name in names_of(target, by_pods=copies))
    application = None if counter is None else _application(target, counter, stable, canary)
    below_http = target.spec.traffic.carries_connections and counter is None
    roles = (canary, stable) if exchanged else (stable, canary)
    return Arms(*roles, application, below_http, target.spec.traffic.subsets is not None, copies)


def names_of(target: Target, *, by_pods: bool = False) -> tuple[str, str]:
    """What callers know stable and canary by, or the pods themselves."""
    if target.spec.workload is None or not (by_pods or target.spec.traffic.subsets is not None):
        return target.spec.traffic.stable_service, target.spec.canary_service
    stable = target.spec.workload.deployment_ref.name
    return stable, canary_name(stable)


def _application(target: Target, counter: RequestCounter, stable: Service, canary: Service) -> Application | None:
    """None without a workload, which the definition refuses: nobody would know which pods they are."""
    if target.spec.workload is None:
        return None
    name = target.spec.workload.deployment_ref.name
    return Application(counter, ((stable, pods_of(name)), (canary, pods_of(canary_name(name)))))
