"""The report of a run, as it is stored beside its pages: writing it to JSON and reading it back changes nothing.

Points are slotted dataclasses and not models, because an operator holds a run's whole course in memory: a fifth of the
bytes, for every run in progress.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from canary_operator.api.model import Model
from canary_operator.api.quantities import Duration
from canary_operator.api.rollout import Stage
from canary_operator.api.status import Outcome

REPORT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Count:
    """Requests of one arm since the run began, and how many of them were bad."""

    requests: float = 0.0
    bad: float = 0.0


@dataclass(frozen=True, slots=True)
class Above:
    """One boundary that a latency is judged at; those that took longer, or failed, are the bad ones."""

    boundary: str
    """As people write it, for example `100ms`."""
    canary: Count
    baseline: Count
    phi: float = 1.0
    """How many times wider than independent requests these counts scatter."""
    ratio: float | None = None
    """How many times the baseline's rate the canary's is, as of a whole metric."""
    lower: float | None = None
    """Likewise."""
    upper: float | None = None
    """Likewise."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was known at one moment of one metric that counts."""

    name: str
    evidence: float
    """The E value; 1 says nothing."""
    bound: float
    """From here on it is a breach."""
    canary: Count
    baseline: Count
    phi: float = 1.0
    """How many times wider than independent requests the counts scatter."""
    warming: bool = False
    """The canary warms up: these are the counts of the warm-up, which are dropped at its end."""
    ratio: float | None = None
    """How many times the baseline's rate the canary's is, at the best guess; None: nothing to compare."""
    lower: float | None = None
    """The ratio is at least this, with 97.5 % at all times together; None: nothing to compare."""
    upper: float | None = None
    """The ratio is at most this, likewise; None: no end to it yet."""
    above: tuple[Above, ...] = ()
    """Of a latency each boundary; the counts of its first one stand above too."""


@dataclass(frozen=True, slots=True)
class Number:
    """What was known at one moment of one metric that is a number, for each arm or for each pod."""

    name: str
    canary: float | None = None
    """The newest number; where pods are compared, the mean of its pods in the present window."""
    baseline: float | None = None
    """Likewise."""
    worst: float | None = None
    """Of the canary's pods the one farthest outside the limits, where compared pods have limits too."""
    lower: float | None = None
    """By the newest comparison the canary's pods have at least so many times the baseline's, with 97.5 %."""
    upper: float | None = None
    """At most, likewise."""


@dataclass(frozen=True, slots=True)
class Point:
    """A run at one moment."""

    at: datetime
    stage: int
    """Counted from 1."""
    weight: float
    """The share that the new revision was given, between 0 and 1."""
    observed: float | None
    """The share of the stage's requests that it got, between 0 and 1."""
    metrics: tuple[Measured, ...] = ()
    marks: bool = False
    """Something happened here, so it stays when neighbours are merged."""
    numbers: tuple[Number, ...] = ()


class Happening(Model):
    """Something that happened to the run."""

    at: datetime
    """When."""
    state: Annotated[str, Field(max_length=32)]
    """The state after it."""
    reason: Annotated[str, Field(max_length=64)]
    """One of the documented reasons."""
    message: Annotated[str, Field(max_length=1024)]
    """In a sentence."""


class Held(Model):
    """What one counted quantity is held against; rates are between 0 and 1."""

    boundary: str = ""
    """Of a latency, as people write it."""
    times: float | None = None
    """How many times the baseline's rate is allowed; None without a comparison."""
    limit: float | None = None
    """The rate that is allowed at most; None without a limit."""
    ignore_below: float | None = None
    """Up to this rate a comparison is never harm; None: any may be."""


class Judged(Model):
    """One metric at the end, in words."""

    name: str
    """Its name."""
    query: str = ""
    """What the provider was asked."""
    allowed: float | None = None
    """How many times the baseline's the canary's is allowed to be; None without a comparison."""
    more_is_better: bool = False
    """It is allowed to be no less than that, instead of no more."""
    held: tuple[Held, ...] = ()
    """Each counted quantity that it is judged by: of a latency each boundary."""
    lowest: float | None = None
    """The smallest number that is allowed."""
    highest: float | None = None
    """The largest number that is allowed."""
    unit: str = ""
    """Of its numbers."""
    detectable: float | None = None
    """The smallest ratio to the baseline's rate that so many requests would probably have shown."""
    sentence: str = ""
    """The verdict on it."""


class RunReport(Model):
    """Everything that is told about one run."""

    version: int = REPORT_VERSION
    """The version of this form."""
    namespace: str
    """Of the CanaryRollout."""
    name: str
    """Of the CanaryRollout."""
    run: str
    """The id of the run."""
    revision: str
    """What was shipped."""
    images: str | None = None
    """Its images."""
    stable_revision: str | None = None
    """What ran as stable."""
    stable_images: str | None = None
    """Its images."""
    stages: tuple[Stage, ...]
    """The plan, as it was asked for."""
    started_at: datetime
    """When the run began."""
    ended_at: datetime | None = None
    """When everything was tidied up; None while it runs."""
    outcome: Outcome | None = None
    """How it ended."""
    reason: str = ""
    """Why, as one of the documented reasons; while it runs, where it stands."""
    verdict: str = ""
    """Why, in a sentence."""
    taken_back_after: Duration | None = None
    """From the scrape that held the breach to the route without the canary."""
    events: tuple[Happening, ...] = ()
    """What happened, in order."""
    points: tuple[Point, ...] = ()
    """Its course, in order."""
    metrics: tuple[Judged, ...] = ()
    """Each metric in words."""
