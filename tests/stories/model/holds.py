"""What a rollout may say when it does not go on: whether that is true, and what it tells people to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from canary_operator.api import reasons
from canary_operator.api.status import State, Status
from tests.doubles.memory import MemoryCluster
from tests.stories.model.outside import Outside

Truth = Callable[[MemoryCluster, Status], bool]


@dataclass(frozen=True, slots=True)
class Hold:
    """`word` must be in the message, `true` of the world; `cure` does as the message says."""

    word: str
    true: Truth
    cure: Callable[[Outside], None]


def verb(name: str) -> Callable[[Outside], None]:
    return lambda outside: outside.order(name, "true")


def _drifted(cluster: MemoryCluster, status: Status) -> bool:
    record = cluster.record
    testers_gone = record is not None and record.matched and not cluster.matched
    copies_gone = record is not None and record.mirror is not None and cluster.copies is None
    return cluster.share != (status.run.weight if status.run else 0) or testers_gone or copies_gone


def _cure_drift(outside: Outside) -> None:
    """In a run by its verb; before the first one by hand."""
    if outside.cluster.status.run is None:
        outside.pull_all()
    else:
        outside.order("resume", "true")


def _canary_waits(cluster: MemoryCluster, _: Status) -> bool:
    return cluster.canary is None or cluster.canary.ready < cluster.canary.replicas


def _not_rolled(cluster: MemoryCluster, _: Status) -> bool:
    deployment = cluster.deployment
    return deployment.pods != {deployment.template: deployment.replicas} or not deployment.answering


def _bring_stable_back(outside: Outside) -> None:
    outside.bring_deployment_back()
    outside.bring_stable_pods_back()


HOLDS: Mapping[str, Hold] = {
    reasons.PAUSED: Hold("resume=true", lambda _, status: status.run is not None, verb("resume")),
    reasons.TRAFFIC_PULLED: Hold("resume=true", _drifted, verb("resume")),
    reasons.WEIGHT_DRIFTED: Hold("set", _drifted, _cure_drift),
    reasons.INSUFFICIENT_DATA: Hold("promote=true", lambda _, status: status.run is not None, verb("promote")),
    reasons.MAX_DURATION_EXCEEDED: Hold("promote=true", lambda _, status: status.run is not None, verb("promote")),
    reasons.METRICS_UNAVAILABLE: Hold("", lambda cluster, _: cluster.metrics_down is not None, Outside.start_metrics),
    reasons.METRICS_STALE: Hold("", lambda cluster, _: cluster.frozen is not None, Outside.start_metrics),
    reasons.ROUTE_NOT_FOUND: Hold("create", lambda cluster, _: not cluster.route_exists, Outside.bring_route_back),
    reasons.WORKLOAD_NOT_FOUND: Hold(
        "create", lambda cluster, _: not cluster.deployment.exists, Outside.bring_deployment_back
    ),
    reasons.CANARY_NOT_READY: Hold("ready", _canary_waits, Outside.bring_canary_pods_back),
    reasons.CANARY_UNSCHEDULABLE: Hold("nodes", _canary_waits, Outside.bring_canary_pods_back),
    reasons.NO_STABLE_ENDPOINTS: Hold(
        "stable", lambda cluster, _: cluster.deployment.available == 0, _bring_stable_back
    ),
    reasons.PROMOTION_STALLED: Hold("until it is", _not_rolled, _bring_stable_back),
    reasons.STABLE_MAY_SHRINK: Hold("promote=true", lambda _, status: status.run is not None, verb("promote")),
    reasons.INVALID_SPEC: Hold("must", lambda cluster, _: cluster.spec_problem is not None, Outside.mend_spec),
    reasons.WAITING_FOR_ROLLOUT: Hold("", _not_rolled, Outside.unpause),
    reasons.WAITING_FOR_FIRST_ROLLOUT: Hold("", _not_rolled, _bring_stable_back),
    reasons.PROMOTION_BREACH: Hold("ship", lambda _, status: status.run is not None, verb("abort")),
}


def is_over(status: Status) -> bool:
    """There is no run, and none is due."""
    return status.run is None and status.state is State.RESTING


AT_REST = frozenset({reasons.AT_REST, reasons.ROLLED_BACK, reasons.ABORTED, reasons.ADOPTED, reasons.PROMOTED})
