"""A thousand rollouts in progress, a look every 10 s: lag, cost, and how fast a few bad ones are taken back.

    .venv/bin/python -m benchmarks.crowd                                # about five minutes
    .venv/bin/python -m benchmarks.crowd --rollouts 200 --scrape 1s

A thousand Deployments do not fit on two processors. So all rollouts judge the same two pods, each with a route and a
status of its own, which is all the same work for the operator. Ten of them judge another pair, whose canary begins to
fail at the end. Lags are the bounds of histogram buckets, so upper bounds. Everything is gone afterwards.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks import fleet
from benchmarks.meter import ROLLBACK, measure
from benchmarks.people import states, until, users
from benchmarks.setting import Setting, setting
from benchmarks.table import headings, looks, milliseconds, row
from testbed.shop import CANARY, NAME
from testbed.shop.manifests import image

HEALTHY, FAILING = "crowd", "failing"
_RATE = 60.0
_FEW = 10
_CALM = 30.0


def main(argv: Sequence[str] | None = None) -> int:
    """0, or a traceback."""
    asked = _arguments(argv)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "providers.yaml"
        told = {"CANARY_OPERATOR_METRICS_CONFIG": str(file), "CANARY_OPERATOR_PROMETHEUS_URL": ""}
        with setting("crowd", told, start=False) as stage:
            file.write_text(_providers(stage, asked.scrape), encoding="utf-8")
            stage.operator.start()
            _measure(stage, asked.rollouts, asked.seconds)
    return 0


def _providers(stage: Setting, scrape: str) -> str:
    """The testbed scrapes each second; said to be slower, it is asked as seldom as a slower one would be."""
    provider = {"name": "default", "address": stage.cluster.prometheus_url, "scrapeInterval": scrape}
    return yaml.safe_dump({"providers": [provider]})


def _measure(stage: Setting, count: int, seconds: float) -> None:
    healthy = [f"rollout-{number}" for number in range(count - _FEW)]
    failing = [f"rollout-{number}" for number in range(_FEW)]
    state = stage.cluster.state
    asyncio.run(fleet.create(state, (*fleet.crowd(HEALTHY, healthy), *fleet.crowd(FAILING, failing))))
    until(f"{count} rollouts at rest", lambda: states(stage)["Resting"] >= count)
    with users(stage, {fleet.host(HEALTHY): _RATE, fleet.host(FAILING): _RATE}):
        time.sleep(_CALM)
        began = time.monotonic()
        asyncio.run(fleet.release_all(state, HEALTHY, healthy))
        asyncio.run(fleet.release_all(state, FAILING, failing))
        released = time.monotonic() - began
        until(f"{count} canaries with traffic", lambda: states(stage)["Staged"] >= count)
        staged = time.monotonic() - began
        time.sleep(_CALM)
        cost = measure(stage, seconds)
        headings()
        row(f"{count} in progress", cost, f"released in {released:.1f} s, all with traffic after {staged:.1f} s")
        looks(cost, count)
        _take_back(stage, count)


def _take_back(stage: Setting, count: int) -> None:
    """The few begin to fail amid all the others."""
    stage.cluster.kubectl("-n", FAILING, "set", "image", f"deployment/{CANARY}", f"{NAME}={image('v2-e100')}")
    cost = measure(stage, 2 * _CALM)
    staged = states(stage)["Staged"]
    print(
        f"  {count - staged} of the {_FEW} bad ones were taken back, from the answer to the route p50 ≤"
        f" {milliseconds(cost.quantile(0.5, ROLLBACK))}, p99 ≤ {milliseconds(cost.quantile(0.99, ROLLBACK))}"
    )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rollouts", type=int, default=1000)
    parser.add_argument("--scrape", default="10s", help="what the operator is told about the time between scrapes")
    parser.add_argument("--seconds", type=float, default=60, help="how long the measurement lasts")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
