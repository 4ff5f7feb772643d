"""`python -m testbed soak`."""

import argparse
import re
import threading
import time
from collections.abc import Sequence
from random import Random, SystemRandom

from testbed.errors import TestbedError
from testbed.soak.chronicle import Phase
from testbed.soak.outages import Outages, run
from testbed.soak.person import REST, Person
from testbed.soak.setting import Setting, setting
from testbed.visit import enter_network, interruptible

INTERRUPTED = 130
_DURATION = re.compile(r"(\d+)([smh])")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_CALM = 15.0
"""Seconds at the end in which whatever is left behind shows."""


def main(argv: Sequence[str]) -> int:
    """0 only without a violation, and if anything was tried at all."""
    arguments = _arguments(argv)
    enter_network("soak", *argv, *([] if "--seed" in argv else ["--seed", str(arguments.seed)]))
    interruptible()
    soak = Soak(arguments.seed, arguments.seconds)
    try:
        with setting(arguments.rollouts, lambda: soak.all_well() and not arguments.keep_logs, _say) as stage:
            soak.run(stage)
    except TestbedError as error:
        _say(str(error))
    except KeyboardInterrupt:
        _say("Interrupted; nothing is left behind.")
        return INTERRUPTED
    print(soak.summary(), flush=True)
    return 0 if soak.all_well() else 1


class Soak:
    def __init__(self, seed: int, seconds: float) -> None:
        self._seed, self._seconds = seed, seconds
        self._faults, self._runs, self._violations = 0, 0, 0
        self._finished = False

    def run(self, stage: Setting) -> None:
        """Each hand has dice of its own, so that with one seed each means to do the same once more."""
        _say(f"seed {self._seed}, for {self._seconds:.0f} s")
        over, dice = threading.Event(), Random(f"{self._seed}-outages")  # noqa: S311 -- it chooses faults
        people = [self._person(stage, place, over) for place in range(len(stage.shops))]

        def sleep(seconds: float) -> None:
            if not stage.observer.is_alive():
                raise TestbedError("The observer ended; observed.log tells why.")
            time.sleep(seconds)

        run(Outages(stage.cluster, stage.operators, stage.chronicle, dice, sleep), dice, sleep, self._seconds)
        over.set()
        _say("the time is over; everything comes to rest")
        for person in people:
            person.join(2 * REST)
        time.sleep(_CALM)
        self._count(stage)

    def _person(self, stage: Setting, place: int, over: threading.Event) -> threading.Thread:
        shop = stage.shops[place]
        dice = Random(f"{self._seed}-{place}")  # noqa: S311 -- it chooses releases
        person = Person(shop, stage.chronicle, dice, over)
        thread = threading.Thread(target=person.live, name=shop.namespace, daemon=True)
        thread.start()
        return thread

    def _count(self, stage: Setting) -> None:
        stage.chronicle.note("the soak is over", phase=Phase.END)
        result = stage.observer.result()
        self._faults, self._runs, self._violations = stage.chronicle.faults, result["runs"], result["violations"]
        self._finished = True
        _say(f"{result['leaps']} times a watch of the observer had to begin anew")

    def all_well(self) -> bool:
        return self._finished and self._violations == 0 and self._runs > 0 and self._faults > 0

    def summary(self) -> str:
        if not self._finished:
            return "the soak did not finish"
        return f"{self._faults} faults, {self._runs} runs, {self._violations} violations"


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m testbed soak", description=main.__doc__)
    parser.add_argument("--for", dest="seconds", type=duration, default="30m", help="such as 3m or 8h")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6), help="of an earlier soak")
    parser.add_argument("--rollouts", type=int, default=3, help="how many shops release at once")
    parser.add_argument("--keep-logs", action="store_true", help="even when nothing was found")
    return parser.parse_args(argv)


def duration(text: str) -> int:
    """Seconds. ValueError for anything but a number with a unit."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no duration such as 90s, 30m or 8h")
    return int(found[1]) * _UNITS[found[2]]


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)
