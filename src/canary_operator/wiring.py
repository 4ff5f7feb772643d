"""Where names become things: every provider is built here and nowhere else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from canary_operator.ports import Neighbours, Ports, Reports
from canary_operator.providers.journal import KubernetesJournal
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.metrics.configuration import ProviderConfig, load_providers, only_provider
from canary_operator.providers.metrics.looker import PrometheusMetrics
from canary_operator.providers.metrics.server import Look
from canary_operator.providers.metrics.shown import Queries
from canary_operator.providers.neighbours import KubernetesNeighbours
from canary_operator.providers.objects import Objects
from canary_operator.providers.reports import KubernetesReports
from canary_operator.providers.resources import HTTP_ROUTES, VIRTUAL_SERVICES
from canary_operator.providers.traffic.chosen import ChosenTraffic
from canary_operator.providers.traffic.gateway_api.apply import GatewayAPITraffic
from canary_operator.providers.traffic.istio.apply import IstioTraffic
from canary_operator.providers.workloads.deployment import DeploymentWorkloads
from canary_operator.settings import Settings


@dataclass(frozen=True, slots=True)
class Wired:
    """What passes use, and what wants to run beside them."""

    ports: Ports
    metrics: PrometheusMetrics
    reports: Reports
    queries: Queries
    neighbours: Neighbours


def providers(settings: Settings) -> tuple[ProviderConfig, ...]:
    """Metrics providers by file, or one by address, or none; `CanaryError` says what is wrong with them."""
    if settings.metrics_config is not None:
        return load_providers(settings.metrics_config)
    return only_provider(settings.prometheus_url) if settings.prometheus_url else ()


def wire(  # noqa: PLR0913 -- the composition root takes what everything is made of
    kubernetes: Kubernetes,
    objects: Objects,
    configured: Sequence[ProviderConfig],
    *,
    identity: str,
    reports: int,
    on_reading: Callable[[str], None],
    on_look: Callable[[Look], None],
    now: Callable[[], datetime],
) -> Wired:
    """Every port, on one API server and one store. `identity` names this process; so many `reports` are kept."""
    metrics = PrometheusMetrics(configured, on_reading=on_reading, observe=on_look, now=now)
    return Wired(
        Ports(
            traffic=ChosenTraffic(
                {
                    VIRTUAL_SERVICES: IstioTraffic(kubernetes, objects),
                    HTTP_ROUTES: GatewayAPITraffic(kubernetes, objects),
                }
            ),
            workloads=DeploymentWorkloads(kubernetes, objects),
            metrics=metrics,
            journal=KubernetesJournal(kubernetes, objects, now=now, identity=identity),
        ),
        metrics,
        KubernetesReports(kubernetes, newest=reports),
        Queries(configured),
        KubernetesNeighbours(kubernetes),
    )
