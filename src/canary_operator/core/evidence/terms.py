"""What is pinned for the run and what every look is judged by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import inf

from canary_operator.core.evidence.counts import ALTERNATIVES

ALPHA = 0.009
"""The chance that a healthy canary is ever rolled back after its warm-up, over the whole run."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one counted quantity is held against. Rates are bad ones per counted one, between 0 and 1."""

    margin: float | None = None
    """How many times the baseline's rate is allowed; None where no comparison is asked for."""
    limit: float | None = None
    """The rate that is allowed at most; None where no limit is asked for."""
    ignore_below: float | None = None
    """A rate below this is never worth a rollback by comparison; None: any is."""
    alternatives: tuple[float, ...] = ALTERNATIVES
    """How many times worse than allowed the bets take a bad canary to be."""
    blatant: bool = False
    """Whether there is a rate that is blatant by itself, for a canary that has no baseline any more."""

    @property
    def times(self) -> float:
        """How many times the baseline's rate is allowed; 1 where no comparison is asked for."""
        return 1.0 if self.margin is None else self.margin


@dataclass(frozen=True, slots=True)
class Words:
    """What people call the quantity."""

    harm: str = "The canary fails too often"
    counted: str = "{bad} of {all} requests of the {arm} failed ({rate})"
    """One arm's counts."""
    nothing: str = "no request of the {arm}"
    why: str = ""
    """Why more is allowed beside the baseline than was asked for."""


ERRORS = Words()


@dataclass(frozen=True, slots=True)
class Track:
    """One counted quantity that a metric is judged by."""

    key: str
    """Its tally's; empty for the requests that failed."""
    reads: str
    """Which of a reading's samples counts it."""
    bounds: Bounds
    words: Words = ERRORS
    phi: float = 1.0
    """How many times wider than independent ones its bad ones scatter."""
    exchanged: bool = False
    """More is better: the arms change places, and what is compared is how much oftener the baseline counts it."""


@dataclass(frozen=True, slots=True)
class Range:
    """Where the canary's number must lie; the classic rule, which has no alpha."""

    lowest: float | None
    highest: float | None
    failures: int
    """So many looks in a row must be outside."""
    unit: str = ""

    def worst(self, numbers: Iterable[float]) -> float | None:
        """The one that lies farthest outside, or nearest to it."""
        lowest, highest = -inf if self.lowest is None else self.lowest, inf if self.highest is None else self.highest
        return max(numbers, key=lambda number: max(number - highest, lowest - number), default=None)

    def holds(self, number: float) -> bool:
        """Whether it lies inside."""
        return (self.lowest is None or number >= self.lowest) and (self.highest is None or number <= self.highest)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the pods' numbers are compared."""

    margin: float
    """How many times the baseline's is allowed; exchanged, how many times the canary's the baseline's may be."""
    exchanged: bool = False
    """More is better."""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One metric of the spec."""

    name: str
    tracks: tuple[Track, ...]
    """What it is judged by; none where nothing could be found before the run."""
    critical: bool = True
    """Whether it can roll back."""
    weight: float = 1.0
    """Its weight beside the other critical ones."""
    range: Range | None = None
    """For a metric that is one number per arm or pod, instead of tracks."""
    comparison: Comparison | None = None
    """For one that is one number per pod, and compared."""

    @property
    def has_evidence(self) -> bool:
        """Whether it shares the run's alpha; a range does not."""
        return self.range is None or self.comparison is not None


@dataclass(frozen=True, slots=True)
class Terms:
    """All of that, with the clock of the looks."""

    metrics: tuple[Judged, ...]
    """What is judged."""
    look: timedelta
    """Time between two looks: a whole number of scrapes."""
    warmup: timedelta
    """Clean time with traffic in which only blatant harm counts."""
    planned: timedelta
    """The stages' durations together; it gives the number of planned looks."""
    baseline_limit: float = 0.2
    """While the baseline itself fails more than this, nobody can be judged beside it."""
    window: timedelta = timedelta(0)
    """How long the numbers of pods are gathered before they are compared."""
    compared_stages: int = 1
    """Stages of the run that have a baseline."""
    dark: bool = False
    """Nobody gets the canary but whom a canary match sends there; the warm-up lasts as long as that."""
    mirror: float | None = None
    """The share of the requests that may be copied of which the canary gets a copy, where copies are judged."""

    @property
    def weights(self) -> int | float:
        """The critical metrics' weights together."""
        return sum([one.weight for one in self.metrics if one.critical and one.has_evidence])

    def part_of_alpha(self, judged: Judged) -> float:
        """What a metric that is not critical finds takes nothing back, so it has an alpha of its own."""
        return ALPHA * judged.weight / self.weights if judged.critical else ALPHA

    @property
    def errors(self) -> Bounds:
        """What the requests that failed are held against; nothing, where no metric asks for them."""
        for one in self.metrics:
            for track in one.tracks:
                if not track.key:
                    return track.bounds
        return Bounds()

    def beside(self) -> list[Track]:
        """Every other quantity."""
        return [track for one in self.metrics for track in one.tracks if track.key]


def of_errors(bounds: Bounds, *, critical: bool = True, weight: float = 1.0, name: str = "istio-error-rate") -> Judged:
    """The metric of the requests that failed."""
    return Judged(name, (Track("", "", bounds),), critical, weight)
