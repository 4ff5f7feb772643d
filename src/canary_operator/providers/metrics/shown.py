"""The queries as a report shows them: what a person pastes to see the same counters."""

from collections.abc import Iterable, Mapping

from canary_operator.api.metric import Metric
from canary_operator.ports import Target
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.duration_queries import spread
from canary_operator.providers.metrics.looker import arms_of
from canary_operator.providers.metrics.own_queries import text_of
from canary_operator.providers.metrics.queries import counters


class Queries:
    """For one rollout; the real ones ask for all rollouts of a provider at once."""

    def __init__(self, configured: Iterable[ProviderConfig]) -> None:
        self._labels = {provider.name: provider.match_labels for provider in configured}

    def __call__(self, target: Target, provider: str) -> Mapping[str, str]:
        """Each metric's query, by the metric's name."""
        arms = arms_of(target, exchanged=False)
        services, labels, counted = (arms.stable, arms.canary), self._labels.get(provider, {}), arms.counted
        by_kind = {True: spread(services, labels, counted), False: counters(services, labels, counted)}
        metrics = target.spec.analysis.metrics
        counters_of = {metric.title: counter_text(metric) for metric in metrics}
        return {one.title: counters_of[one.title] or text_of(one) or by_kind[one.is_latency] for one in metrics}


def counter_text(metric: Metric) -> str | None:
    """What the application counts, with the placeholders of own queries."""
    if (counter := metric.counter) is None:
        return None
    matchers = f'{counter.namespace_label}="$namespace",{counter.pod_label}=~"$pods"'
    return f"sum by({counter.pod_label},{counter.status_label})({counter.metric}{{{matchers}}})"
