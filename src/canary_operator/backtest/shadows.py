"""Stable against itself: how often the spec would have cried wolf.

Each recorded request of the baseline is given to a pretended canary with the chance of the stage's weight, and its pods
likewise. Both arms are then equally good by construction, under traffic, errors and incidents that happened: every
rollback is false.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from canary_operator.api.evidence import Counts
from canary_operator.backtest.course import Course
from canary_operator.backtest.looks import Looks
from canary_operator.backtest.replay import Pin
from canary_operator.backtest.split import FAILED, chosen, numbers_shared, pods_split, thinned_together
from canary_operator.backtest.strata import Stratum, strata
from canary_operator.backtest.trial import Replay, Trial
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.evidence.sums import plus

_SOURCE = "recording"
_NOTHING = (Counts(), Counts())


def shadows(looks: Looks, pin: Pin, seed: int) -> Iterator[Replay]:
    """A run after the other, as many as the recording has room for."""
    chance = random.Random(seed)  # noqa: S311 - a simulation wants to be repeated
    found = list(strata(looks.samples))
    if not found:
        return
    began, span = found[0].began, pin(found[0].began).span
    while began + span <= found[-1].at:
        inside = [one for one in found if began <= one.began and one.at <= began + span]
        if inside:
            yield _run(looks, inside, pin(began), chance)
        began += span


def _run(looks: Looks, inside: Sequence[Stratum], course: Course, chance: random.Random) -> Replay:
    began = inside[0].began
    trial, arms = Trial(course, began), _Arms(course, chance)
    trial.take(arms.sample(began), began)
    for stratum in inside:
        weight = float(course.stages[course.stage_at(stratum.began - began)].weight)
        arms.give(stratum, weight)
        trial.look(arms.sample(stratum.at, stratum.sample), stratum.at, has_baseline=weight < 1)
        if trial.harmed:
            break
    return trial.outcome(looks, arms.requests)


class _Arms:
    """The pretended counters of both arms, and who has which pod."""

    def __init__(self, course: Course, chance: random.Random) -> None:
        self._chance = chance
        self._weight = 0.0
        self._counts: dict[str, tuple[Counts, Counts]] = {FAILED: _NOTHING}
        self._counts |= {track.reads: _NOTHING for track in course.terms[0].beside()}
        latencies = {track.reads for track in course.terms[0].beside() if track.reads != track.key}
        self._nested = sorted(latencies, key=float, reverse=True)
        self._pods: Mapping[str, frozenset[str]] = {}

    @property
    def requests(self) -> float:
        """The pretended canary's."""
        return self._counts[FAILED][0].requests

    def give(self, stratum: Stratum, weight: float) -> None:
        """Let chance decide over what happened between two looks."""
        self._weight = weight
        every = {name: one for name, one in stratum.beside.items() if name in self._counts}
        every[FAILED] = stratum.counts.baseline
        for name, one in thinned_together(every, self._nested, weight, self._chance).items():
            rest = Counts(requests=every[name].requests - one.requests, bad=every[name].bad - one.bad)
            canary, baseline = self._counts[name]
            self._counts[name] = plus(canary, one), plus(baseline, rest)

    def sample(self, at: datetime, look: Sample | None = None) -> Sample:
        """What a look would read."""
        beside = {name: _sample(at, *arms) for name, arms in self._counts.items() if name != FAILED}
        if look is None:
            return Sample(_sample(at, *self._counts[FAILED]).sources, beside)
        new = {name: chosen(one.baseline, self._weight, self._chance) for name, one in look.pods.items()}
        self._pods = {**new, **self._pods}
        return Sample(
            _sample(at, *self._counts[FAILED]).sources,
            beside,
            numbers={name: numbers_shared(one) for name, one in look.numbers.items()},
            pods={name: pods_split(one, self._pods[name]) for name, one in look.pods.items()},
        )


def _sample(at: datetime, canary: Counts, baseline: Counts) -> Sample:
    counters = (Counter(counts.requests, counts.bad) for counts in (canary, baseline))
    return Sample({_SOURCE: SourceSample(at, *counters)})
