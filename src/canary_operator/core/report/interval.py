"""How many times the baseline's rate the canary's was at each point of the run: a guess, and the judge's interval.

The guess is Mantel and Haenszel's, Σ e_c n_b / (n_c + n_b) over Σ e_b n_c / (n_c + n_b), stratum by stratum (Journal of
the National Cancer Institute 22, 1959).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import isinf
from typing import TypeVar

from canary_operator.api.evidence import Arms, Counts
from canary_operator.api.report import Above, Count, Measured, Point
from canary_operator.core.evidence.interval import Interval, Lattice, advance, interval

T = TypeVar("T", Measured, Above)


@dataclass(slots=True)
class Strata:
    """What the strata so far say together."""

    lattice: Lattice = ()
    ours: float = 0.0
    theirs: float = 0.0

    def count(self, canary: Count, baseline: Count, phi: float) -> None:
        """One stratum more; one arm alone says nothing about a ratio."""
        both = canary.requests + baseline.requests
        if canary.requests <= 0 or baseline.requests <= 0:
            return
        self.ours += canary.bad * baseline.requests / both
        self.theirs += baseline.bad * canary.requests / both
        self.lattice = advance(self.lattice, Arms(canary=_counts(canary), baseline=_counts(baseline)), phi)

    @property
    def ratio(self) -> float | None:
        return self.ours / self.theirs if self.theirs else None

    @property
    def bounds(self) -> Interval:
        return interval(self.lattice)


def with_intervals(points: Iterable[Point]) -> tuple[Point, ...]:
    """The same points, each with what was known of every metric's ratio then; of a latency's at each boundary."""
    strata: dict[tuple[str, str], Strata] = {}
    before: Mapping[str, Measured] = {}
    filled = []
    for point in points:
        metrics = tuple(_told(strata, before.get(metric.name), metric) for metric in point.metrics)
        before = {metric.name: metric for metric in metrics}
        filled.append(replace(point, metrics=metrics))
    return tuple(filled)


def _told(strata: dict[tuple[str, str], Strata], before: Measured | None, metric: Measured) -> Measured:
    """The warm-up is no part of it: a cold canary is no sample of a warm one."""
    if metric.warming:
        return metric
    since = None if before is None or before.warming else before
    known = {} if since is None else {one.boundary: one for one in since.above}
    above = tuple(
        _with_ratio(strata.setdefault((metric.name, one.boundary), Strata()), known.get(one.boundary), one)
        for one in metric.above
    )
    told = metric if above else _with_ratio(strata.setdefault((metric.name, ""), Strata()), since, metric)
    return replace(told, above=above)


def _with_ratio(strata: Strata, since: T | None, seen: T) -> T:
    canary = _difference(seen.canary, None if since is None else since.canary)
    baseline = _difference(seen.baseline, None if since is None else since.baseline)
    strata.count(canary, baseline, seen.phi)
    if not (strata.ours or strata.theirs):
        return seen
    bounds = strata.bounds
    upper = None if isinf(bounds.upper) else _short(bounds.upper)
    ratio = None if strata.ratio is None else _short(strata.ratio)
    return replace(seen, ratio=ratio, lower=_short(bounds.lower), upper=upper)


def _short(ratio: float) -> float:
    """Six digits are more than anybody reads, and a report holds thousands of ratios."""
    return float(f"{ratio:.6g}")


def _counts(count: Count) -> Counts:
    return Counts(requests=count.requests, bad=count.bad)


def _difference(count: Count, before: Count | None) -> Count:
    if before is None:
        return count
    return Count(max(0.0, count.requests - before.requests), max(0.0, count.bad - before.bad))
