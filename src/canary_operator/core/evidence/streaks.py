"""Metrics that are one number per arm: the classic rule, so many looks in a row outside a limit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from canary_operator.api.evidence import Streak
from canary_operator.core.evidence.sample import Numbers
from canary_operator.core.evidence.tallies import too_soon
from canary_operator.core.evidence.terms import Judged, Range, Terms


def follow(
    streaks: Iterable[Streak], numbers: Mapping[str, Numbers], terms: Terms, clean_from: datetime | None
) -> tuple[Streak, ...]:
    """One look later. What is not a number, or comes before the weight has settled, neither adds nor ends anything."""
    known = {streak.key: streak for streak in streaks}
    return tuple(_follow(known, one, numbers, terms, clean_from) for one in terms.metrics if one.range is not None)


def _follow(
    known: Mapping[str, Streak],
    judged: Judged,
    numbers: Mapping[str, Numbers],
    terms: Terms,
    clean_from: datetime | None,
) -> Streak:
    streak, newest = known.get(judged.name, Streak(key=judged.name)), numbers.get(judged.name)
    if newest is None or too_soon(streak.at, newest.at, terms.look):
        return streak
    seen = streak.model_copy(update={"at": newest.at, "canary": newest.canary, "baseline": newest.baseline})
    if clean_from is None or newest.at < clean_from or judged.range is None:
        return seen
    return _counted(seen, judged.range)


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


def broken(streaks: Iterable[Streak], terms: Terms) -> Iterator[Broken]:
    """All of them, in the order of the metrics."""
    known = {streak.key: streak for streak in streaks}
    for one in terms.metrics:
        streak = known.get(one.name)
        if one.range is not None and streak is not None and streak.outside >= one.range.failures:
            yield Broken(streak, one.range, one.critical)
