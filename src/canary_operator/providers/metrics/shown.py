"""The queries as a report shows them: what a person pastes to see the same counters."""

from collections.abc import Iterable, Mapping

from canary_operator.ports import Target
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.queries import Service, counters, spread


class Queries:
    """For one rollout; the real ones ask for all rollouts of a provider at once."""

    def __init__(self, configured: Iterable[ProviderConfig]) -> None:
        self._labels = {provider.name: provider.match_labels for provider in configured}

    def __call__(self, target: Target, provider: str) -> Mapping[str, str]:
        """Each metric's query, by the metric's name."""
        names = (target.spec.traffic.stable_service, target.spec.canary_service)
        services = [Service(target.namespace, name) for name in names]
        labels = self._labels.get(provider, {})
        by_kind = {True: spread(services, labels), False: counters(services, labels)}
        metrics = target.spec.analysis.metrics
        return {metric.title: metric.prom_ql or by_kind[metric.is_latency] for metric in metrics}
