"""How long nobody leads after a kill -9: with a second replica waiting, and with one that is started again at once.

    .venv/bin/python -m benchmarks.takeover              # about four minutes
    .venv/bin/python -m benchmarks.takeover --kills 3

A release is in its first stage all the time, and at the moment of each kill a person pauses it or lets it go on.
`leads` ends when a replica says that it leads, `obeyed` when that order is carried out: then the run goes on.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle

from benchmarks.setting import load_average, setting
from testbed.errors import TestbedError
from testbed.operator import OperatorProcess
from testbed.shop import Rollout, Shop, rollout

_MOST_SECONDS = 60.0
_BETWEEN = 3.0
_NAMESPACE = "takeover"
Round = tuple[float, float]
"""Seconds from the kill until somebody leads, and until the order is obeyed."""


def main(argv: Sequence[str] | None = None) -> int:
    """1 when a takeover took longer than `--must`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10, help="of each kind")
    parser.add_argument("--must", type=float, default=10.0, help="exit with 1 when a standby took longer, in seconds")
    asked = parser.parse_args(argv)
    with setting("takeover") as stage:
        stage.cluster.kubectl("create", "namespace", _NAMESPACE)
        shop = Shop(stage.cluster, _NAMESPACE)
        shop.open("v1", replicas=1)
        shop.adopt(rollout((("10%", "4h"), ("100%", "4h"))))
        with shop.traffic(20):
            shop.release("v2")
            shop.until("the first stage", lambda seen: seen.state == "Staged", _MOST_SECONDS)
            restarted = _restarts(stage.operator, shop, asked.kills)
            standby = {"CANARY_OPERATOR_KUBECONFIG": str(stage.cluster.state.standby_kubeconfig)}
            with OperatorProcess(stage.cluster, "canary-operator-1", environment=standby) as second:
                taken = _takeovers(stage.operator, second, shop, asked.kills)
    _tell("started again at once", restarted)
    _tell("a standby takes over", taken)
    return int(max(leads for leads, _ in taken) > asked.must)


def _restarts(operator: OperatorProcess, shop: Shop, kills: int) -> list[Round]:
    found = []
    for verb, _ in zip(cycle(("pause", "resume")), range(kills), strict=False):
        found.append(_round(shop, verb, lambda: _again(operator), operator.leads))
        time.sleep(_BETWEEN)
    return found


def _again(operator: OperatorProcess) -> None:
    operator.kill()
    operator.start()


def _takeovers(first: OperatorProcess, second: OperatorProcess, shop: Shop, kills: int) -> list[Round]:
    """The one that was killed waits for its turn next time."""
    found, leader, waiting = [], first, second
    for verb, _ in zip(cycle(("pause", "resume")), range(kills), strict=False):
        found.append(_round(shop, verb, leader.kill, waiting.leads))
        leader.start()
        leader, waiting = waiting, leader
        time.sleep(_BETWEEN)
    return found


def _round(shop: Shop, verb: str, kill: Callable[[], None], leads: Callable[[], bool]) -> Round:
    began = time.monotonic()
    kill()
    shop.order(verb)
    led = _seconds(began, leads)
    shop.until(f"{verb} to be obeyed", lambda seen: _obeyed(seen, verb), _MOST_SECONDS)
    return led, time.monotonic() - began


def _obeyed(seen: Rollout, verb: str) -> bool:
    return verb not in str(seen.body["metadata"].get("annotations")) and seen.held == (verb == "pause")


def _seconds(began: float, condition: Callable[[], bool]) -> float:
    while not condition():
        if time.monotonic() - began > _MOST_SECONDS:
            raise TestbedError(f"nobody led within {_MOST_SECONDS:g} s")
        time.sleep(0.05)
    return time.monotonic() - began


def _tell(what: str, rounds: Sequence[Round]) -> None:
    for name, seconds in zip(("leads", "obeyed"), zip(*rounds, strict=True), strict=True):
        print(f"{what:<24}{name:<8}median {statistics.median(seconds):5.2f} s, worst {max(seconds):5.2f} s")
    print(f"{len(rounds)} kills, load {load_average()}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
