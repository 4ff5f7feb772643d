"""What the operator costs: memory, processor time and API calls, with idle rollouts and with some in progress.

    .venv/bin/python -m benchmarks.footprint                            # about eight minutes
    .venv/bin/python -m benchmarks.footprint --idle 1 --busy 20 --seconds 20

Idle rollouts move traffic only and have nothing to move. Those in progress have a stable and a canary pod each, their
share of the requests at the gateway, and a look each second. Calls for the Lease are left out: they do not depend on
rollouts. Lags are the bounds of histogram buckets, so upper bounds. Everything is gone afterwards.
"""

import argparse
import asyncio
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any

from benchmarks import fleet
from benchmarks.meter import LOOK_SECONDS, Cost, measure
from benchmarks.setting import Setting, setting
from testbed.errors import TestbedError
from testbed.load import Load, Plan

MEGABYTE = 1_000_000
_PATIENCE = 300.0
_CALM = 10.0
"""Seconds for what still echoes: events, watches, the first looks."""


def main(argv: Sequence[str] | None = None) -> int:
    """0, or a traceback."""
    asked = _arguments(argv)
    with setting("footprint", keep=asked.keep_logs) as stage:
        _headings()
        _idle(stage, asked.idle, asked.seconds)
        if asked.busy:
            _busy(stage, asked.busy, asked.rps, asked.seconds)
    return 0


def _idle(stage: Setting, counts: Sequence[int], seconds: float) -> None:
    """Each fleet contains the one before."""
    present = 0
    for count in sorted(counts):
        began = time.monotonic()
        asyncio.run(fleet.create(stage.cluster.state, fleet.idle(present, count)))
        created = time.monotonic() - began
        _at_rest(stage, count)
        at_rest = time.monotonic() - began
        time.sleep(_CALM)
        _row(f"{count} idle", measure(stage, seconds), f"created in {created:.1f} s, at rest after {at_rest:.1f} s")
        present = count
    _restart(stage, present)


def _restart(stage: Setting, count: int) -> None:
    stage.operator.stop()
    ready = stage.operator.start()
    began = time.monotonic()
    _until("every rollout to have had its pass", lambda: _leads_and_rests(stage))
    print(f"{count} idle: ready {ready:.1f} s after the start; all passes made {time.monotonic() - began:.1f} s later")


def _busy(stage: Setting, count: int, rate: float, seconds: float) -> None:
    namespaces, state = fleet.shops(count), stage.cluster.state
    idle = _states(stage)["Resting"]
    asyncio.run(fleet.create(state, (body for namespace in namespaces for body in fleet.shop(namespace))))
    _at_rest(stage, idle + count)
    with _users(stage, namespaces, rate):
        time.sleep(_CALM)
        began = time.monotonic()
        asyncio.run(fleet.release(state, namespaces, "v2"))
        _until(f"{count} canaries with traffic", lambda: _states(stage)["Staged"] >= count)
        staged = time.monotonic() - began
        time.sleep(_CALM)
        cost = measure(stage, seconds)
        _expect_staged(stage, count)
    _row(f"{count} in progress", cost, f"all with traffic {staged:.1f} s after the release")
    _looks(cost, count)


def _expect_staged(stage: Setting, count: int) -> None:
    """All of them are healthy."""
    if (still := _states(stage)["Staged"]) < count:
        said = [past["message"] for one in _rollouts(stage) for past in one.get("status", {}).get("history", [])]
        raise TestbedError("\n".join([f"{count - still} healthy canaries of {count} were taken back:", *said]))


def _looks(cost: Cost, count: int) -> None:
    looks, calls = cost.looks * count, cost.calls.total()
    print(
        f"  looks {looks / cost.seconds:.0f}/s in {cost.looks / cost.seconds:.2f} queries/s,"
        f" a query p50 ≤ {_ms(cost.quantile(0.5, LOOK_SECONDS))}, p99 ≤ {_ms(cost.quantile(0.99, LOOK_SECONDS))};"
        f" calls per look {calls / max(looks, 1):.4f}"
    )
    print("  calls: " + ", ".join(f"{verb} {what} {number}" for (verb, what), number in cost.calls.most_common()))


def _headings() -> None:
    columns = ("RSS MB", "core-s/min", "calls/s", "lease/s", "passes/s", "lag p50", "lag p99")
    print(f"{'':<18}" + "".join(f"{column:>12}" for column in columns) + "  load")


def _row(name: str, cost: Cost, more: str) -> None:
    minutes = cost.seconds / 60
    cells = (
        f"{cost.memory / MEGABYTE:.0f}",
        f"{cost.cpu / minutes:.2f}",
        f"{cost.calls.total() / cost.seconds:.2f}",
        f"{cost.lease_calls / cost.seconds:.2f}",
        f"{cost.numbers.get('canary_operator_decision_lag_seconds_count', 0.0) / cost.seconds:.1f}",
        _ms(cost.quantile(0.5)),
        _ms(cost.quantile(0.99)),
    )
    print(f"{name:<18}" + "".join(f"{cell:>12}" for cell in cells) + f"  {cost.load}; {more}", flush=True)


def _ms(seconds: float) -> str:
    return "-" if seconds == float("inf") else f"{seconds * 1000:.0f} ms"


def _states(stage: Setting) -> Counter[str]:
    """How many rollouts are in each state."""
    return Counter(one.get("status", {}).get("state", "") for one in _rollouts(stage))


def _rollouts(stage: Setting) -> list[dict[str, Any]]:
    """Of all namespaces."""
    path = "/apis/canary-operator.dev/v1alpha1/canaryrollouts"
    items: list[dict[str, Any]] = json.loads(stage.cluster.kubectl("get", "--raw", path))["items"]
    return items


def _at_rest(stage: Setting, count: int) -> None:
    _until(f"{count} rollouts at rest", lambda: _states(stage)["Resting"] >= count)


def _leads_and_rests(stage: Setting) -> bool:
    page = stage.operator.metrics().splitlines()
    return "canary_operator_leader 1.0" in page and "canary_operator_passes_waiting 0.0" in page


def _until(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TestbedError(f"Waited {_PATIENCE:.0f} s in vain for {what}.")
        time.sleep(0.5)


@contextmanager
def _users(stage: Setting, namespaces: Sequence[str], rate: float) -> Iterator[None]:
    """So many requests per second to each shop, all from one thread."""
    over = threading.Event()

    async def send() -> None:
        async with AsyncExitStack() as stack:
            for namespace in namespaces:
                plan = Plan(stage.cluster.gateway_url, fleet.host(namespace), rate, connections=4)
                await stack.enter_async_context(Load(plan))
                await asyncio.sleep(1 / rate / len(namespaces))
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(send()), name="users", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=int, nargs="*", default=[1, 100, 1000])
    parser.add_argument("--busy", type=int, default=100, help="so many rollouts in progress")
    parser.add_argument("--rps", type=float, default=1, help="requests per second to each of them")
    parser.add_argument("--seconds", type=float, default=60, help="how long each measurement lasts")
    parser.add_argument("--keep-logs", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
