"""Metrics whose numbers are held to limits: the classic rule, so many looks in a row outside one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from canary_operator.api.evidence import Streak
from canary_operator.core.evidence.sample import Numbers, Sample
from canary_operator.core.evidence.tallies import too_soon
from canary_operator.core.evidence.terms import Range, Terms


def follow(streaks: Iterable[Streak], sample: Sample, terms: Terms, clean_from: datetime | None) -> tuple[Streak, ...]:
    """One look later. What is not a number, or comes before the weight has settled, neither adds nor ends anything."""
    ranges = [(one.name, one.range) for one in terms.metrics if one.range is not None]
    if not ranges:
        return ()
    known = {streak.key: streak for streak in streaks}
    return tuple(
        _follow(known.get(name, Streak(key=name)), wanted, _newest(sample, name, wanted), terms, clean_from)
        for name, wanted in ranges
    )


def _newest(sample: Sample, name: str, wanted: Range) -> Numbers | None:
    """Of several pods the worst one is held to the limits."""
    if (pods := sample.pods.get(name)) is not None:
        return Numbers(pods.at, wanted.worst(pods.canary.values()), wanted.worst(pods.baseline.values()))
    return sample.numbers.get(name)


def _follow(streak: Streak, wanted: Range, newest: Numbers | None, terms: Terms, clean_from: datetime | None) -> Streak:
    if newest is None or too_soon(streak.at, newest.at, terms.look):
        return streak
    seen = streak.model_copy(update={"at": newest.at, "canary": newest.canary, "baseline": newest.baseline})
    return seen if clean_from is None or newest.at < clean_from else _counted(seen, wanted)


def _counted(streak: Streak, wanted: Range) -> Streak:
    number = streak.canary
    if number is None or not isfinite(number):
        return streak
    return streak.model_copy(update={"outside": 0 if wanted.holds(number) else streak.outside + 1})


@dataclass(frozen=True, slots=True)
class Broken:
    """A metric that was outside its limits long enough."""

    streak: Streak
    range: Range
    critical: bool


def broken(streaks: Sequence[Streak], terms: Terms) -> list[Broken]:
    """All of them, in the order of the metrics."""
    known = {streak.key: streak for streak in streaks if streak.outside}
    return [
        Broken(known[one.name], one.range, one.critical)
        for one in terms.metrics
        if one.range is not None and one.name in known and known[one.name].outside >= one.range.failures
    ]
