"""How long users meet a canary that fails: from its first failed response to its last response.

    .venv/bin/python -m benchmarks.detection                                    # everything fails, 20 rps
    .venv/bin/python -m benchmarks.detection --error-rate 5% --rps 100 --warmup 0s

Both ends are moments of the load generator, so of what went through Envoy. Weight 10 %, scrapes of 1 s, and the
analysis as a user gets it who sets nothing but the bounds; `--warmup 0s` lets 5 % errors count at once, for in the
warm-up only blatant harm does. Runs go side by side in namespaces of their own, each at a phase of its own.

The parts add up to the whole; where each begins and ends is told in `benchmarks/timeline.py`.
"""

import argparse
import math
import random
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks.setting import Setting, load_average, setting
from benchmarks.timeline import PARTS, Timeline, timeline
from testbed.errors import TestbedError
from testbed.shop import Shop, rollout

HEADINGS = ("seconds", *PARTS, "failed", "canary")
_MOST_SECONDS = 240
_SOME_SCRAPES = 6.0
_LAST_ANSWERS = 1.5


@dataclass(frozen=True, slots=True)
class Case:
    errors: str
    """As it stands in an image tag: "100" for every request."""
    rate: float
    weight: str
    warmup: str


def main(argv: Sequence[str] | None = None) -> int:
    """1 when a run did not end as it must, or the median is above `--must`."""
    asked = _arguments(argv)
    case = Case(asked.error_rate.removesuffix("%"), asked.rps, asked.weight, asked.warmup)
    with setting("detection", keep=asked.keep_logs) as stage:
        found = _all(stage, case, runs=asked.runs, abreast=asked.abreast)
    return _tell(found, runs=asked.runs, must=asked.must)


def _all(stage: Setting, case: Case, *, runs: int, abreast: int) -> list[Timeline]:
    print(f"{case.errors} % fail, {case.rate:g} rps, weight {case.weight}, warm-up {case.warmup}, {runs} runs")
    print(f"{'run':>4}" + "".join(f"{heading:>12}" for heading in HEADINGS) + "  load")
    pool = ThreadPoolExecutor(abreast)
    try:
        found = list(pool.map(lambda number: _one(stage, case, number), range(runs)))
    finally:
        pool.shutdown(cancel_futures=True)
    return [one for one in found if one is not None]


def _one(stage: Setting, case: Case, number: int) -> Timeline | None:
    """None when it failed; the reason is printed then."""
    namespace = f"detection-{number}"
    stage.cluster.kubectl("create", "namespace", namespace)
    try:
        found = _release(Shop(stage.cluster, namespace), case)
    except TestbedError as error:
        print(f"{number + 1:>4}  failed: {error}", flush=True)
        return None
    finally:
        stage.cluster.kubectl("delete", "namespace", namespace, "--wait=false")
    print(f"{number + 1:>4}{_row(found)}  {load_average()}", flush=True)
    return found


def _release(shop: Shop, case: Case) -> Timeline:
    """A healthy version, then one that fails, until it has no traffic any more."""
    shop.open("v1", replicas=2)
    shop.adopt(_rollout(case))
    with shop.traffic(case.rate) as traffic:
        time.sleep(_SOME_SCRAPES + random.random())
        tag = f"v2-e{case.errors}"
        shop.release(tag)
        ended = shop.until("the run to end", lambda seen: bool(seen.outcomes), _MOST_SECONDS)
        time.sleep(_LAST_ANSWERS)
        canary: dict[str, Any] = traffic.stop()["versions"][tag]
    if ended.outcomes != ["RolledBack"]:
        raise TestbedError(f"it ended as {ended.outcomes[0]}: {ended.last['message']}")
    return timeline(shop.cluster, shop.namespace, canary)


def _rollout(case: Case) -> dict[str, Any]:
    return rollout([(case.weight, "10m")], {"warmup": case.warmup})


def _tell(found: Sequence[Timeline], *, runs: int, must: float | None) -> int:
    if not found:
        return 1
    seconds = sorted(one.seconds for one in found)
    median = statistics.median(seconds)
    print(
        f"median {median:.2f} s, p90 {_quantile(seconds, 0.9):.2f} s, worst {seconds[-1]:.2f} s, load {load_average()}"
    )
    print("medians of the parts: " + ", ".join(f"{part} {_middle(found, part):.2f}" for part in PARTS))
    return int(len(found) < runs or (must is not None and median > must))


def _middle(found: Sequence[Timeline], part: str) -> float:
    return statistics.median(one.parts[part] for one in found)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """By the nearest rank."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _row(one: Timeline) -> str:
    numbers = (one.seconds, *(one.parts[part] for part in PARTS))
    return "".join(f"{number:>12.2f}" for number in numbers) + f"{one.failed:>12}{one.answered:>12}"


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--abreast", type=int, default=5, help="so many runs at a time")
    parser.add_argument("--error-rate", default="100%", help="share of the canary's requests that fail")
    parser.add_argument("--rps", type=float, default=20)
    parser.add_argument("--weight", default="10%")
    parser.add_argument("--warmup", default="60s")
    parser.add_argument("--must", type=float, help="exit with 1 when the median is above so many seconds")
    parser.add_argument("--keep-logs", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
