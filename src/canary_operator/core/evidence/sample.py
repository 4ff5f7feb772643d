"""One reading of the counters, exactly as the metrics provider held them."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from canary_operator.api.model import value_type


@value_type
class Counter:
    """Cumulative counts of one arm as one source reports them."""

    total: float
    bad: float


@value_type
class SourceSample:
    """One reporting process: a gateway or a client's proxy."""

    at: datetime
    """Time of its newest scrape, aware."""
    canary: Counter | None
    """None: no series."""
    baseline: Counter | None
    """None: no series."""


@value_type
class Numbers:
    """One number per arm, at one time; None where there is none."""

    at: datetime
    canary: float | None
    baseline: float | None


@value_type
class Pods:
    """One number per pod of each arm, at one time."""

    at: datetime
    canary: Mapping[str, float]
    baseline: Mapping[str, float]


@value_type
class Sample:
    """All sources at one query; each carries the time of its own scrape."""

    sources: Mapping[str, SourceSample]
    beside: "Mapping[str, Sample]" = field(default_factory=dict, compare=False)
    """The newest samples of other quantities, by what tracks read."""
    phi: float = field(default=1.0, compare=False)
    """How much wider than independent ones this quantity's bad ones scattered in the baseline before the run."""
    numbers: Mapping[str, Numbers] = field(default_factory=dict, compare=False)
    """Of each metric that is one number per arm, the newest."""
    pods: Mapping[str, Pods] = field(default_factory=dict, compare=False)
    """Of each metric that is one number per pod, the newest."""

    @property
    def at(self) -> datetime | None:
        """The newest source's time; None without a source."""
        return max((source.at for source in self.sources.values()), default=None)
