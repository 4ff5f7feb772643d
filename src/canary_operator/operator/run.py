"""Start, supervise, stop.

Leadership, watches, passes, looks and the gate are siblings. Each lives through the failures of what it talks to; when
one ends all the same, that is a bug, and the process ends with it.
"""

import asyncio
import contextlib
import gc
import signal
from dataclasses import dataclass
from functools import partial

import structlog

from canary_operator.operator.clock import SteadyClock
from canary_operator.operator.gate import Gate
from canary_operator.operator.leadership import CALL_SECONDS, Candidate, Leadership, RightToWrite
from canary_operator.operator.passes import Passes
from canary_operator.operator.preflight import Preflight
from canary_operator.operator.reporting import Reporting
from canary_operator.operator.schedule import Schedule
from canary_operator.operator.serve import served
from canary_operator.operator.store import Store
from canary_operator.operator.telemetry import Telemetry
from canary_operator.operator.watches import Watches
from canary_operator.providers.kubernetes import Kubernetes, connect
from canary_operator.providers.metrics.looker import PrometheusMetrics
from canary_operator.reconcile.loop import reconcile
from canary_operator.settings import Settings
from canary_operator.wiring import providers, wire

DRAIN_SECONDS = 3.0
"""How long passes in flight may take when the process is told to stop."""

GC_THRESHOLDS = (50_000, 20, 50)
"""Nearly all that we make stays or has no cycles, so garbage is looked for seldom."""

log = structlog.get_logger(__name__)


async def operate(settings: Settings, *, stop: asyncio.Event | None = None) -> None:
    """Until SIGTERM, SIGINT or `stop`. `CanaryError`: the settings lead nowhere."""
    stop = stop or asyncio.Event()
    gc.set_threshold(*GC_THRESHOLDS)
    parts = await _assemble(settings, partial(_claim_signals, stop))
    _claim_signals(stop)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(parts.kubernetes.close)
        port = await stack.enter_async_context(
            served(settings.listen, not_ready=parts.watches.not_ready, metrics=parts.telemetry.page)
        )
        log.info("started", identity=settings.identity, port=port)
        await _supervise(parts, stop)
    log.info("stopped")


@dataclass(frozen=True, slots=True)
class _Parts:
    kubernetes: Kubernetes
    telemetry: Telemetry
    schedule: Schedule
    passes: Passes
    reporting: Reporting
    preflight: Preflight
    metrics: PrometheusMetrics
    watches: Watches
    gate: Gate
    leadership: Leadership


async def _assemble(settings: Settings, claim_signals: partial[None]) -> _Parts:
    """Each part knows only those above it."""
    configured = providers(settings)
    now = SteadyClock()
    schedule, telemetry, right = Schedule(now=now), Telemetry(), RightToWrite()
    store = Store(changed=schedule.mark, everywhere=not settings.namespaces)
    kubernetes = await connect(settings.kubeconfig, settings.context, may_write=right.holds, observe=telemetry.called)
    wired = wire(
        kubernetes,
        store,
        configured,
        identity=settings.identity,
        reports=settings.reports,
        on_reading=schedule.mark,
        on_look=telemetry.looked,
        now=now,
    )
    reporting = Reporting(wired.reports, queries=wired.queries)
    preflight = Preflight(wired.neighbours, wired.ports.journal)
    passes = Passes(
        store,
        kubernetes,
        wired.ports,
        reconcile=reconcile,
        prefer=schedule.prefer,
        watcher=telemetry,
        reporter=reporting,
        preflight=preflight,
        now=now,
    )
    telemetry.show(passes.present, waiting=lambda: schedule.waiting, tasks=lambda: len(asyncio.all_tasks()))
    watches = Watches(
        kubernetes, store, settings.namespaces, started=claim_signals, restarted=telemetry.watch_restarted
    )
    gate = Gate(store, schedule, passes, may_write=right.holds, all_synced=watches.all_synced)
    leadership = Leadership(
        kubernetes.unfenced(timeout=CALL_SECONDS),
        right,
        Candidate(settings.lease_namespace, settings.lease_name, settings.identity),
        told=(telemetry.leads, gate.look),
    )
    return _Parts(
        kubernetes, telemetry, schedule, passes, reporting, preflight, wired.metrics, watches, gate, leadership
    )


async def _supervise(parts: _Parts, stop: asyncio.Event) -> None:
    """Tasks end in an order in which nobody writes after the Lease was given back."""
    async with asyncio.TaskGroup() as group:
        leading = group.create_task(parts.leadership.run(), name="leadership")
        passing = group.create_task(parts.schedule.run(parts.passes.make), name="passes")
        beside = [
            group.create_task(parts.reporting.run(), name="reports"),
            group.create_task(parts.preflight.run(), name="preflight"),
        ]
        gate = group.create_task(parts.gate.run(), name="gate")
        rest = [
            group.create_task(parts.metrics.run(), name="looks"),
            group.create_task(parts.watches.run(), name="watches"),
        ]
        await stop.wait()
        log.info("stopping")
        gate.cancel()
        parts.gate.close()
        if not await parts.schedule.drain(DRAIN_SECONDS):
            log.warning("passes_abandoned", advice="the next pass finds what they left")
        await _ended(passing, *beside, leading)
        await parts.leadership.release()
        for task in rest:
            task.cancel()


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _claim_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
