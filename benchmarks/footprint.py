"""What the operator costs: memory, processor time and API calls, with idle rollouts and with some in progress.

    .venv/bin/python -m benchmarks.footprint                            # about eight minutes
    .venv/bin/python -m benchmarks.footprint --idle 1 --busy 20 --seconds 20

Idle rollouts move traffic only and have nothing to move. Those in progress have a stable and a canary pod each, their
share of the requests at the gateway, and a look each second. Calls for the Lease are left out: they do not depend on
rollouts. Lags are the bounds of histogram buckets, so upper bounds. Everything is gone afterwards.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from benchmarks import fleet
from benchmarks.meter import measure
from benchmarks.people import rollouts, states, until, users
from benchmarks.setting import Setting, setting
from benchmarks.table import headings, looks, row
from testbed.errors import TestbedError

_CALM = 10.0
"""Seconds for what still echoes: events, watches, the first looks."""


def main(argv: Sequence[str] | None = None) -> int:
    """0, or a traceback."""
    asked = _arguments(argv)
    with setting("footprint", keep=asked.keep_logs) as stage:
        headings()
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
        row(f"{count} idle", measure(stage, seconds), f"created in {created:.1f} s, at rest after {at_rest:.1f} s")
        present = count
    _restart(stage, present)


def _restart(stage: Setting, count: int) -> None:
    stage.operator.stop()
    ready = stage.operator.start()
    began = time.monotonic()
    until("every rollout to have had its pass", lambda: _leads_and_rests(stage))
    print(f"{count} idle: ready {ready:.1f} s after the start; all passes made {time.monotonic() - began:.1f} s later")


def _busy(stage: Setting, count: int, rate: float, seconds: float) -> None:
    namespaces, state = fleet.shops(count), stage.cluster.state
    idle = states(stage)["Resting"]
    asyncio.run(fleet.create(state, (body for namespace in namespaces for body in fleet.shop(namespace))))
    _at_rest(stage, idle + count)
    with users(stage, {fleet.host(namespace): rate for namespace in namespaces}):
        time.sleep(_CALM)
        began = time.monotonic()
        asyncio.run(fleet.release(state, namespaces, "v2"))
        until(f"{count} canaries with traffic", lambda: states(stage)["Staged"] >= count)
        staged = time.monotonic() - began
        time.sleep(_CALM)
        cost = measure(stage, seconds)
        _expect_staged(stage, count)
    row(f"{count} in progress", cost, f"all with traffic {staged:.1f} s after the release")
    looks(cost, count)


def _expect_staged(stage: Setting, count: int) -> None:
    """All of them are healthy."""
    if (still := states(stage)["Staged"]) < count:
        said = [past["message"] for one in rollouts(stage) for past in one.get("status", {}).get("history", [])]
        raise TestbedError("\n".join([f"{count - still} healthy canaries of {count} were taken back:", *said]))


def _at_rest(stage: Setting, count: int) -> None:
    until(f"{count} rollouts at rest", lambda: states(stage)["Resting"] >= count)


def _leads_and_rests(stage: Setting) -> bool:
    page = stage.operator.metrics().splitlines()
    return "canary_operator_leader 1.0" in page and "canary_operator_passes_waiting 0.0" in page


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
