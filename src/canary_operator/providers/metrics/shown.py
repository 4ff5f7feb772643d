"""The queries as a report shows them: what a person pastes to see the same counters."""

from collections.abc import Iterable, Mapping

from canary_operator.ports import Target
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.queries import Service, counters


class Queries:
    """For one rollout; the real ones ask for all rollouts of a provider at once."""

    def __init__(self, configured: Iterable[ProviderConfig]) -> None:
        self._labels = {provider.name: provider.match_labels for provider in configured}

    def __call__(self, target: Target, provider: str) -> Mapping[str, str]:
        """Each metric's query, by the metric's name."""
        names = (target.spec.traffic.stable_service, target.spec.canary_service)
        services = [Service(target.namespace, name) for name in names]
        query = counters(services, self._labels.get(provider, {}))
        return {metric.preset: query for metric in target.spec.analysis.metrics}
