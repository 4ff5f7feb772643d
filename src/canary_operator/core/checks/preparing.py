"""A canary on its way to the next weight: scaled up, ready, and only then given traffic."""

from canary_operator.api import reasons
from canary_operator.api.evidence import MOST_SOURCES
from canary_operator.core.capacity import canary_replicas
from canary_operator.core.checks.drifted import drifted
from canary_operator.core.checks.metrics import metrics_unusable, own_metric_unfound
from canary_operator.core.checks.present import (
    deleted,
    route_hindered,
    route_to_make,
    route_unusable,
    services_unusable,
    spec_unreadable,
    workload_unusable,
)
from canary_operator.core.checks.reversed import deployment_gone, deployment_too_small, unguarded
from canary_operator.core.checks.running import (
    aborted,
    canary_lost,
    escaped,
    harmed,
    leads_nowhere,
    paused,
    rollback_unfinished,
    route_lost,
    superseded,
    withdrawal_unfinished,
)
from canary_operator.core.chosen import is_dark
from canary_operator.core.copies import mirrors, of_what
from canary_operator.core.findings import Finding, not_there
from canary_operator.core.plan import present_stage
from canary_operator.core.stage_clock import thaw
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, Endpoints, Fault, Missing, Unknown, World


def needed(world: World) -> int:
    """Ready canary pods that the stage's weight needs; one endpoint where somebody else scales."""
    if world.deployment is None:
        return 1
    return canary_replicas(world.run.base_replicas, present_stage(world.run).load)


def canary_wanted(world: World) -> Finding | None:
    match world.canary:
        case None:
            return None
        case Unknown() as unknown:
            return not_there(unknown, missing=reasons.CANARY_NOT_READY, reading=reasons.READING)
        case CanaryFacts(revision=world.run.revision, replicas=replicas) if replicas >= needed(world):
            return None
        case Missing() | CanaryFacts():
            return Finding(Event.CANARY_WANTED, reasons.PREPARING, f"{needed(world)} canary pods are asked for")


def too_small(world: World) -> Finding | None:
    return deployment_too_small(world, needed(world))


def too_many_to_mirror(world: World) -> Finding | None:
    """Copies are counted pod by pod, and the evidence has room for so many counters."""
    pods = world.run.base_replicas + needed(world)
    if not mirrors(world.run) or pods <= MOST_SOURCES:
        return None
    return Finding(
        Event.HELD,
        reasons.METRICS_MISSING,
        f"copies are counted by the pods that answer them, of at most {MOST_SOURCES} pods, and stable and the canary "
        f"would have {pods}: take mirror out of the stages, annotate abort=true, and retry=true when this run is over",
    )


def cluster_full(world: World) -> Finding | None:
    match world.canary:
        case CanaryFacts(trouble=trouble) if trouble is not None and trouble.fault is Fault.CLUSTER:
            return Finding(Event.HELD, reasons.CANARY_UNSCHEDULABLE, trouble.message)
    return None


def overdue(world: World) -> Finding | None:
    due = thaw(world.run, world.now).prepare_by
    if due is None or world.now < due or _ready(world) >= needed(world) or _not_counted(world):
        return None
    return Finding(
        Event.OVERDUE,
        reasons.PROGRESS_DEADLINE_EXCEEDED,
        f"the canary did not get ready in time: {_complaint(world) or _count(world)}",
    )


def canary_unready(world: World) -> Finding | None:
    if _ready(world) >= needed(world):
        return None
    return Finding(Event.WAITED, reasons.PREPARING, "; ".join(filter(None, (_count(world), _complaint(world)))))


def canary_ready(world: World) -> Finding:
    """The reason is the one that the stage goes on with, so that its beginning is written down once."""
    run = world.run
    warm = run.evidence.warm or not run.plan.analysis.warmup or is_dark(present_stage(run))
    reason = reasons.STAGE_RUNNING if warm else reasons.WARMING_UP
    copies = of_what(run.plan, present_stage(run))
    return Finding(Event.CANARY_READY, reason, f"stage {run.stage} begins{': ' if copies else ''}{copies}")


def _not_counted(world: World) -> bool:
    """The pods say that they are ready, and nobody could ask for their endpoints."""
    if isinstance(world.endpoints, Endpoints):
        return False
    return not isinstance(world.canary, CanaryFacts) or world.canary.ready >= needed(world)


def _ready(world: World) -> int:
    return world.endpoints.canary if isinstance(world.endpoints, Endpoints) else 0


def _count(world: World) -> str:
    return f"{_ready(world)} of {needed(world)} canary pods are ready"


def _complaint(world: World) -> str:
    match world.canary:
        case CanaryFacts(trouble=trouble) if trouble is not None:
            return trouble.message
    return ""


PREPARING = (
    deleted,
    spec_unreadable,
    aborted,
    harmed,
    superseded,
    escaped,
    rollback_unfinished,
    route_to_make,
    deployment_gone,
    workload_unusable,
    unguarded,
    route_lost,
    leads_nowhere,
    route_unusable,
    withdrawal_unfinished,
    canary_lost,
    drifted,
    route_hindered,
    services_unusable,
    too_small,
    too_many_to_mirror,
    canary_wanted,
    cluster_full,
    overdue,
    canary_unready,
    paused,
    metrics_unusable,
    own_metric_unfound,
    canary_ready,
)
