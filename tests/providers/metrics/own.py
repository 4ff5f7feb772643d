"""Metrics with queries of their own, and the rollout that has them."""

from datetime import timedelta

from canary_operator.api.metric import Metric
from canary_operator.api.rollout import Spec
from canary_operator.ports import Target
from canary_operator.providers.metrics.own_queries import OwnQueries, own_queries

SECOND = timedelta(seconds=1)
CONVERSION = Metric.model_validate(
    {
        "name": "conversion",
        "promQL": "sum by(pod)(paid{n='$namespace',pod=~'$pods'})",
        "outOf": "sum by(pod)(visits{w='$workload'})",
        "maxDecrease": "10%",
    }
)
BUDGET = Metric.model_validate(
    {"name": "budget", "kind": "Scalar", "promQL": "1-avg(rate(bad{s='$service',a='$arm'}[$interval]))", "min": "0.9"}
)
QUEUE = Metric.model_validate(
    {"name": "queue", "kind": "Gauge", "promQL": "sum by(pod)(queue{pod=~'$pods'})", "maxIncrease": "50%"}
)


def target() -> Target:
    spec = Spec.model_validate(
        {
            "workload": {"deploymentRef": {"name": "check.out"}},
            "traffic": {"istio": {"virtualServices": [{"name": "checkout"}]}, "stableService": "checkout"},
            "stages": [{"weight": "5%", "duration": "1m"}],
            "analysis": {"metrics": [{"preset": "istio-error-rate", "max": "1%"}]},
        }
    )
    return Target("shop", "checkout", "u1", spec)


def asked(metric: Metric, *, exchanged: bool = False) -> OwnQueries:
    (queries,) = own_queries(target(), [metric], exchanged=exchanged)
    return queries
