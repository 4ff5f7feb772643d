"""What the judgement remembers between two looks; it stands in status, so that a restart loses nothing.

Every number is kept exactly: writing it to JSON and reading it back changes no bit, and with it no verdict.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from canary_operator.api.model import Model, value_type

MOST_SOURCES = 100
MOST_BINS = 7
MOST_TALLIES = 40
MOST_METRICS = 10
MOST_PODS = 50

RATIOS = 101
"""Ratios of the two arms' rates that are weighed; see `core.evidence.interval`."""

_set = object.__setattr__
"""Past what keeps a model frozen."""

Wealth = Annotated[tuple[float, ...], Field(max_length=8)]
Cumulative = Annotated[tuple[float, ...], Field(min_length=2, max_length=2)]


@value_type
class Counts:
    """Requests of one arm and how many of them were bad."""

    requests: float = 0.0
    """Requests that ended."""
    bad: float = 0.0
    """Bad ones among them."""


@value_type
class Arms:
    """Both arms over the same time."""

    canary: Counts = Counts()
    """The canary's."""
    baseline: Counts = Counts()
    """The baseline's."""


@value_type
class Test:
    """One sequential test: a mixture of bets against the canary, one for each alternative."""

    __test__ = False  # pytest: a test of statistics, not of code

    looks: int = 0
    """Looks that this test has judged."""
    wealth: Wealth = ()
    """What each bet is worth; empty before the first look."""


@value_type
class Ratio:
    """What is known of the canary's rate over the baseline's."""

    lattice: Annotated[tuple[float, ...], Field(max_length=RATIOS)] = ()
    """The log-likelihood of each ratio that is weighed; empty while nothing was seen."""
    waiting: Arms = Arms()
    """What was counted since, all of it under one weight."""
    looks: int = 0
    """How many looks that was."""


class WarmUp(Model):
    """The canary's first minute of traffic, in which only blatant harm counts."""

    seconds: float = 0.0
    """Clean time since the canary's first request."""
    counts: Arms = Arms()
    """Both arms in that time."""
    comparison: Test = Test()
    """Canary against baseline."""
    limit: Test = Test()
    """Canary against the limit for blatant harm."""


class Alone(Model):
    """A canary at 100 %, judged without a baseline because only comparisons were asked for."""

    ceiling: float
    """The rate that counts as blatant, between 0 and 1, fixed when the baseline vanished."""
    test: Test = Test()
    """Canary against the ceiling."""


@value_type
class Bin:
    """The baseline in ten seconds of judged time."""

    at: float
    """Where the bin begins, in Unix seconds."""
    requests: float
    """Requests of the baseline."""
    bad: float
    """Bad ones among them."""


@value_type
class Source:
    """Counters of one reporting process as they were last read."""

    name: Annotated[str, Field(max_length=253)]
    """The process, for example the gateway's pod."""
    at: float
    """Time of the scrape, in Unix seconds."""
    canary: Cumulative | None = None
    """Cumulative requests and bad requests of the canary; none while there is no series."""
    baseline: Cumulative | None = None
    """Cumulative requests and bad requests of the baseline; none while there is no series."""


class Tally(Model):
    """What is remembered of one counted quantity, for example of the requests that failed."""

    key: Annotated[str, Field(max_length=120)] = ""
    """Which one; empty for the requests that failed."""
    at: datetime | None = None
    """Time of the newest scrape that was counted in."""
    looks: int = 0
    """Looks judged so far; looks of the warm-up and dropped ones are not among them."""
    planned: int = 0
    """Looks that the run was planned for, fixed at its first look."""
    phi: float = 1.0
    """How many times wider than independent requests the counts scatter; all evidence is divided by it."""
    comparison: Test = Test()
    """Canary against baseline."""
    materiality: Test = Test()
    """Canary against the rate that is never worth a rollback by comparison."""
    limit: Test = Test()
    """Canary against its plain limit."""
    alone: Alone | None = None
    """Canary against what is blatant, once there is no baseline; only without a plain limit."""
    ratio: Ratio = Ratio()
    """How many times as often as the baseline's the canary's requests are bad, over the whole run."""
    suspicion: float = 0.0
    """How strongly the latest looks speak of a canary twice as bad as allowed; 0 when they don't."""
    lately: Arms = Arms()
    """Both arms since suspicion was last 0, under the present weight."""
    compared: Arms = Arms()
    """Both arms in all judged looks with a baseline."""
    uncompared: Counts = Counts()
    """The canary in all judged looks without a baseline."""
    stage: Arms = Arms()
    """Both arms in the judged looks of this stage."""
    newest: Arms = Arms()
    """Both arms in the newest judged look of this stage; without a baseline at 100 %."""
    sources: Annotated[tuple[Source, ...], Field(max_length=MOST_SOURCES)] = ()
    """Counters as last read, one entry for each reporting process."""

    def changed(self, fields: Mapping[str, object]) -> Self:
        """What `model_copy` gives, in a third of its time: it is made at every look."""
        later = object.__new__(type(self))
        _set(later, "__dict__", {**self.__dict__, **fields})
        _set(later, "__pydantic_fields_set__", self.__pydantic_fields_set__)
        _set(later, "__pydantic_extra__", None)
        _set(later, "__pydantic_private__", None)
        return later


class Streak(Model):
    """What is remembered of a metric whose numbers are held to limits."""

    key: Annotated[str, Field(max_length=120)]
    """The metric."""
    at: datetime | None = None
    """Time of the newest number that was looked at."""
    outside: int = 0
    """Looks in a row, up to the newest, in which the canary's number was outside its limits."""
    canary: float | None = None
    """The canary's newest number."""
    baseline: float | None = None
    """The baseline's newest number."""


class PodMean(Model):
    """One pod's numbers in the present window."""

    pod: Annotated[str, Field(max_length=253)]
    """The pod."""
    total: float = 0.0
    """The sum of its numbers."""
    looks: int = 0
    """How many they are."""


class PodsCompared(Model):
    """What comparing the pods of both arms gave."""

    canary: float
    """The geometric mean of the canary's pods."""
    baseline: float
    """That of the baseline's."""
    lower: float
    """How many times the baseline's the canary's is at least, with 97.5 %."""
    upper: float
    """At most, likewise."""
    findable: float
    """How many times as much would have been found four times out of five."""
    chance: float
    """How likely a canary just as allowed is to look like this or worse."""


class Gauge(Model):
    """What is remembered of a metric that is one number per pod, and compared."""

    key: Annotated[str, Field(max_length=120)]
    """The metric."""
    at: datetime | None = None
    """Time of the newest numbers."""
    seconds: float = 0.0
    """How long the present window has lasted."""
    windows: int = 0
    """Comparisons made in this stage."""
    canary: Annotated[tuple[PodMean, ...], Field(max_length=MOST_PODS)] = ()
    """The canary's pods in the present window."""
    baseline: Annotated[tuple[PodMean, ...], Field(max_length=MOST_PODS)] = ()
    """The baseline's."""
    canary_pods: int = 0
    """Pods of the canary in the window before."""
    baseline_pods: int = 0
    """Pods of the baseline in the window before."""
    newest: PodsCompared | None = None
    """The newest comparison."""
    broken: bool = False
    """A comparison has found the canary worse than allowed."""


@value_type
class Split:
    """How the requests of this stage were split, where they were counted under its weight."""

    canary: float = 0.0
    """Requests to the canary, from callers that had sent to it before."""
    baseline: float = 0.0
    """Requests of the same callers to the baseline."""
    elsewhere: float = 0.0
    """Requests to the baseline from callers that have never sent to the canary."""


class Evidence(Tally):
    """All that the judgement of one run remembers: the requests that failed, and every other quantity beside them."""

    warm: bool = False
    """The warm-up is over."""
    warmup: WarmUp | None = None
    """The warm-up's own evidence; dropped at the first look after it."""
    stage_canary: float = 0.0
    """Requests of the canary in this stage, those of dropped looks included: for the observed share."""
    stage_baseline: float = 0.0
    """Requests of the baseline in this stage, those of dropped looks included: for the observed share."""
    split: Split = Split()
    """How they were split in this stage."""
    bins: Annotated[tuple[Bin, ...], Field(max_length=MOST_BINS)] = ()
    """The baseline's last minute."""
    more: Annotated[tuple[Tally, ...], Field(max_length=MOST_TALLIES)] = ()
    """The other quantities that are judged, for example the requests that were slow."""
    streaks: Annotated[tuple[Streak, ...], Field(max_length=MOST_METRICS)] = ()
    """The metrics whose numbers are held to limits."""
    gauges: Annotated[tuple[Gauge, ...], Field(max_length=MOST_METRICS)] = ()
    """The metrics whose pods are compared."""
