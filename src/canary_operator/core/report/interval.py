"""How many times the baseline's rate the canary's was at each point of the run: a guess, and the judge's interval.

The guess is Mantel and Haenszel's, Σ e_c n_b / (n_c + n_b) over Σ e_b n_c / (n_c + n_b), stratum by stratum (Journal of
the National Cancer Institute 22, 1959).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import isinf

from canary_operator.api.evidence import Arms, Counts
from canary_operator.api.report import Count, Measured, Point
from canary_operator.core.evidence.interval import Interval, Lattice, advance, interval


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
    """The same points, each with what was known of every metric's ratio then."""
    strata: dict[str, Strata] = {}
    before: Mapping[str, Measured] = {}
    filled = []
    for point in points:
        metrics = tuple(
            _told(strata.setdefault(metric.name, Strata()), before.get(metric.name), metric) for metric in point.metrics
        )
        before = {metric.name: metric for metric in metrics}
        filled.append(replace(point, metrics=metrics))
    return tuple(filled)


def _told(strata: Strata, before: Measured | None, metric: Measured) -> Measured:
    """The warm-up is no part of it: a cold canary is no sample of a warm one."""
    if metric.warming:
        return metric
    since = None if before is None or before.warming else before
    canary = _difference(metric.canary, None if since is None else since.canary)
    baseline = _difference(metric.baseline, None if since is None else since.baseline)
    strata.count(canary, baseline, metric.phi)
    if not (strata.ours or strata.theirs):
        return metric
    bounds = strata.bounds
    upper = None if isinf(bounds.upper) else bounds.upper
    return replace(metric, ratio=strata.ratio, lower=bounds.lower, upper=upper)


def _counts(count: Count) -> Counts:
    return Counts(requests=count.requests, bad=count.bad)


def _difference(count: Count, before: Count | None) -> Count:
    if before is None:
        return count
    return Count(max(0.0, count.requests - before.requests), max(0.0, count.bad - before.bad))
