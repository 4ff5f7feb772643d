"""Pitfalls of queries of one's own."""

from collections.abc import Iterator

from canary_operator.api.metric import Metric
from canary_operator.api.promql import placeholders
from canary_operator.lint.files import Files, Pitfall, subject
from canary_operator.lint.releases import targets

_NAMES = {"pods", "service", "workload"}
"""What is called the same in the namespace of every environment."""


def query_of_every_namespace(files: Files) -> Iterator[Pitfall]:
    """The canary of staging, of the same name, would take the one of production back."""
    for rollout, target in targets(files):
        for metric in target.spec.analysis.metrics:
            if names := sorted({f"${name}" for query in _boundless(metric) for name in placeholders(query)}):
                sentence = (
                    f"the metric {metric.name} asks by {' and '.join(names)} without a namespace, so what has the same "
                    'name in another one is counted too: add namespace="$namespace" to promQL and outOf'
                )
                yield Pitfall("warning", "query-of-every-namespace", subject(rollout, files.namespace), sentence)


def _boundless(metric: Metric) -> Iterator[str]:
    """Queries by a name alone. Which label says the namespace is the server's affair; most of them are called so."""
    for query in (metric.prom_ql, metric.out_of):
        if query and "namespace" not in query.lower() and _NAMES.intersection(placeholders(query)):
            yield query


RULES = (query_of_every_namespace,)
