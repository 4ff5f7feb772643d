"""What a container does once it runs. Pure: time and chance are arguments."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

LOGNORMAL_SIGMA = 0.5
"""A tail like that of a healthy web service: P99 is 2.8 times the mean."""

PAID_RATE = 0.2
CPU = 0.001


class Distribution(StrEnum):
    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"


@dataclass(frozen=True, slots=True)
class Behaviour:
    version: str
    """The image tag; every response carries it."""
    error_rate: float = 0.0
    """The share of requests answered with 500, from 0 to 1."""
    latency: float = 0.0
    """The mean, in seconds."""
    latency_distribution: Distribution = Distribution.CONSTANT
    fast_failures: bool = False
    """Whether a 500 is sent at once, however long a good answer takes."""
    fail_after: float | None = None
    """Seconds after its start from which every request fails."""
    ready_after: float = 0.0
    """Seconds after its start until it is ready."""
    never_ready: bool = False
    crash_loop: bool = False
    """It ends as soon as it is started, so it never listens."""
    crash_after: float | None = None
    """Seconds after each of its starts at which its process ends."""
    image_pull_fails: bool = False
    memory_growth: float = 0.0
    """Megabytes per minute."""
    cpu: float = CPU
    """Seconds that a request costs."""
    paid_rate: float = PAID_RATE
    """The share of good requests that end in a paid order, from 0 to 1."""

    @property
    def runs(self) -> bool:
        """Whether there is ever a process that listens."""
        return not (self.crash_loop or self.image_pull_fails)

    def fails(self, age: float, chance: Random) -> bool:
        """Whether the request that arrives `age` seconds after the start gets a 500."""
        if self.fail_after is not None and age >= self.fail_after:
            return True
        return chance.random() < self.error_rate

    def delay(self, chance: Random, *, failed: bool = False) -> float:
        """Seconds that one response takes."""
        if not self.latency or (failed and self.fast_failures):
            return 0.0
        return _DELAYS[self.latency_distribution](self.latency, chance)


def _constant(mean: float, _: Random) -> float:
    return mean


def _exponential(mean: float, chance: Random) -> float:
    return chance.expovariate(1 / mean)


def _lognormal(mean: float, chance: Random) -> float:
    """The mean of a lognormal distribution is exp(mu + sigma²/2)."""
    return chance.lognormvariate(math.log(mean) - LOGNORMAL_SIGMA**2 / 2, LOGNORMAL_SIGMA)


_DELAYS: dict[Distribution, Callable[[float, Random], float]] = {
    Distribution.CONSTANT: _constant,
    Distribution.EXPONENTIAL: _exponential,
    Distribution.LOGNORMAL: _lognormal,
}
