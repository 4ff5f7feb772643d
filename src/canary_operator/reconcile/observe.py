"""Look: ask the ports what is there. Whatever is missing or silent is a value, never an exception."""

from dataclasses import replace
from datetime import datetime

from canary_operator.api.rollout import Spec
from canary_operator.api.status import Run
from canary_operator.core.copies import mirrors
from canary_operator.core.questions import JUDGED, questions
from canary_operator.core.world import World
from canary_operator.ports import Beside, Ports, Target
from canary_operator.reconcile.rollout import Rollout, target_of


async def observe(rollout: Rollout, ports: Ports, now: datetime) -> World:
    """The world of this rollout; what the state does not need is not asked."""
    if not isinstance(rollout.spec, Spec):
        return _unseen(rollout, now)
    target = target_of(rollout)
    route = await ports.traffic.look(target)
    stable = await ports.workloads.look_stable(target)
    canary = await ports.workloads.look_canary(target, pods=False)
    ask = questions(rollout.status, stable, canary, now)
    if ask.pods:
        canary = await ports.workloads.look_canary(target, pods=True)
    _keep_watching(target, rollout, ports)
    unasked = _unseen(rollout, now)
    endpoints = await ports.workloads.look_endpoints(target) if ask.endpoints else unasked.endpoints
    reading = ports.metrics.latest(target)
    return replace(unasked, route=route, deployment=stable, canary=canary, endpoints=endpoints, reading=reading)


def _unseen(rollout: Rollout, now: datetime) -> World:
    """Only what the object itself says."""
    return World(
        now=now,
        name=rollout.name,
        generation=rollout.generation,
        spec=rollout.spec,
        status=rollout.status,
        saved=rollout.saved,
        deleting=rollout.deleting,
        finalizer=rollout.finalizer,
        verbs=rollout.verbs,
    )


def _keep_watching(target: Target, rollout: Rollout, ports: Ports) -> None:
    run = rollout.status.run
    if run is not None and run.outcome is None and rollout.status.state in JUDGED:
        provider = run.plan.analysis.provider_ref.name
        ports.metrics.watch(target, provider=provider, exchanged=run.reversed, beside=_beside(run))
    else:
        ports.metrics.unwatch(target.uid)


def _beside(run: Run) -> Beside:
    metrics, copies = run.plan.analysis.metrics, mirrors(run)
    own = () if copies else tuple(metric for metric in metrics if metric.is_asked_apart)
    counter = next((metric.counter for metric in metrics if metric.counter is not None), None)
    if run.pinned is None:
        surveyed = metrics if any(metric.is_latency for metric in metrics) else ()
        return Beside(surveyed, own=own, counter=counter, copies=copies)
    boundaries = tuple(sorted({boundary.le for boundary in run.pinned.boundaries}))
    return Beside(boundaries=boundaries, own=own, counter=counter, copies=copies)
