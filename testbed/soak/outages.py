"""Faults of processes, one after the other, by the hands that started them."""

import time
from collections.abc import Callable, Mapping
from random import Random

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.soak.chronicle import ISTIOD, PROMETHEUS, Chronicle, Phase

Act = Callable[[str], None]
Sleep = Callable[[float], None]
QUIET = 45.0
"""Seconds: long enough to see that everything ends by itself when nobody disturbs it."""


class Outages:
    """`sleep` ends early when the soak does."""

    def __init__(
        self,
        cluster: Cluster,
        operators: tuple[OperatorProcess, OperatorProcess],
        chronicle: Chronicle,
        chance: Random,
        sleep: Sleep,
    ) -> None:
        self._cluster, self._operators = cluster, operators
        self._chronicle, self._chance, self._sleep = chronicle, chance, sleep

    def cause_one(self) -> None:
        """Returns when it is over."""
        kinds = list(self._KINDS)
        kind = self._chance.choices(kinds, weights=[self._KINDS[one][0] for one in kinds])[0]
        self._KINDS[kind][1](self, kind)

    def _one_killed(self, what: str) -> None:
        victim = self._chance.choice(self._operators)
        with self._chronicle.fault(what) as fault:
            victim.kill()
            fault.enters(Phase.STANDS)
            self._sleep(self._chance.uniform(0, 8))
            victim.start()

    def _both_killed(self, what: str) -> None:
        with self._chronicle.fault(what) as fault:
            for victim in self._operators:
                victim.kill()
            fault.enters(Phase.STANDS)
            self._sleep(self._chance.uniform(1, 10))
            for victim in self._operators:
                victim.start()

    def _one_frozen(self, what: str) -> None:
        victim = self._chance.choice(self._operators)
        with self._chronicle.fault(what) as fault:
            victim.freeze()
            fault.enters(Phase.STANDS)
            self._sleep(self._chance.uniform(0.5, 12))
            victim.thaw()

    def _one_stopped(self, what: str) -> None:
        victim = self._chance.choice(self._operators)
        with self._chronicle.fault(what) as fault:
            victim.stop()
            fault.enters(Phase.STANDS)
            self._sleep(self._chance.uniform(0, 5))
            victim.start()

    def _istiod_killed(self, what: str) -> None:
        self._away(what, "istiod", self._cluster.kill, self._cluster.start, (0, 8))

    def _apiserver_restarted(self, what: str) -> None:
        self._away(what, "kube-apiserver", self._cluster.stop, self._cluster.start, (0, 1))

    def _prometheus_stopped(self, what: str) -> None:
        self._away(what, PROMETHEUS, self._cluster.stop, self._cluster.start, (4, 20))

    def _prometheus_frozen(self, what: str) -> None:
        self._away(what, PROMETHEUS, self._cluster.freeze, self._cluster.thaw, (4, 20))

    def _away(self, what: str, name: str, hurt: Act, cure: Act, span: tuple[float, float]) -> None:
        with self._chronicle.fault(what) as fault:
            hurt(name)
            fault.enters(Phase.STANDS)
            self._sleep(self._chance.uniform(*span))
            fault.enters(Phase.EASES)
            cure(name)

    def _nothing(self, what: str) -> None:
        self._chronicle.note(what)
        self._sleep(QUIET)

    _KINDS: Mapping[str, tuple[int, Callable[["Outages", str], None]]] = {
        "an operator killed": (4, _one_killed),
        "both operators killed": (1, _both_killed),
        "an operator frozen": (4, _one_frozen),
        "an operator stopped": (2, _one_stopped),
        f"{ISTIOD} killed": (2, _istiod_killed),
        "kube-apiserver restarted": (1, _apiserver_restarted),
        f"{PROMETHEUS} stopped": (2, _prometheus_stopped),
        f"{PROMETHEUS} frozen": (2, _prometheus_frozen),
        "nobody disturbs for a while": (1, _nothing),
    }
    """How often each is drawn beside the others, and what it does."""


def run(outages: Outages, chance: Random, sleep: Sleep, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sleep(chance.uniform(2, 10))
        if time.monotonic() < until:
            outages.cause_one()
