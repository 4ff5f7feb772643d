"""Which plots a report has, and what is in them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from canary_operator.api.report import Judged, Measured, Point, Quantiles, RunReport
from canary_operator.core.report import scales
from canary_operator.core.report.drawing import Band, Line, Plot
from canary_operator.core.report.words import QUANTILES, clock, counted, durations, interval, ratio, share, strength

_LOWEST_EVIDENCE, _HIGHEST_EVIDENCE = 0.01, 1e12
_LOWEST_RATIO, _HIGHEST_RATIO = 0.05, 200.0


def plots(report: RunReport) -> Iterator[Plot]:
    """Three for each metric at most, then the weights; none without a point."""
    if not report.points:
        return
    changes = [one.at for other, one in pairwise(report.points) if other.weight != one.weight]
    for metric in report.metrics:
        course = [(point, named) for point in report.points for named in point.metrics if named.name == metric.name]
        for plot in _of_metric(metric, course):
            inside = [change for change in changes if plot.moments[0] <= change <= plot.moments[-1]]
            yield replace(plot, changes=inside)
    yield replace(_weights(report.points), changes=changes)


Course = Sequence[tuple[Point, Measured]]
"""One metric over time."""


def _of_metric(metric: Judged, course: Course) -> Iterator[Plot]:
    if any(seen.lower is not None for _, seen in course):
        yield _ratios(metric, course)
    if course:
        yield _evidence(metric, course)
    if any(seen.canary_latency or seen.baseline_latency for _, seen in course):
        yield _latencies(metric, course)


def _ratios(metric: Judged, course: Course) -> Plot:
    seen, last = [one for _, one in course], course[-1][1]
    ends = (last.ratio, last.lower or None, last.upper, 0.5, 2.0, metric.allowed)
    values = [value for value in (*(one.ratio for one in seen), *ends) if value]
    lines = [Line("canary / baseline", "canary", [one.ratio for one in seen])]
    if metric.allowed is not None:
        lines.append(Line(f"allowed: {metric.allowed:g} times", "bound", [metric.allowed] * len(seen)))
    band = Band(
        "95 % interval, valid at any time",
        [one.lower for one in seen],
        [one.upper for one in seen],
        [one.lower is not None for one in seen],
    )
    return Plot(
        f"{metric.name}: the canary's rate over the baseline's",
        f"The canary's rate over the baseline's; at the end {ratio(last)}, interval {interval(last)}.",
        [point.at for point, _ in course],
        scales.ratios(values, _LOWEST_RATIO, _HIGHEST_RATIO),
        lines,
        [f"{clock(point.at)}: {ratio(one)}, interval {interval(one)}" for point, one in course],
        band,
    )


def _evidence(metric: Judged, course: Course) -> Plot:
    seen = [one for _, one in course]
    values = [value for one in seen for value in (one.evidence, one.bound)]
    return Plot(
        f"{metric.name}: evidence against the canary",
        f"The E value over time; at the end {strength(seen[-1])}.",
        [point.at for point, _ in course],
        scales.decades((*values, 1.0), _LOWEST_EVIDENCE, _HIGHEST_EVIDENCE),
        (
            Line("E value", "canary", [one.evidence for one in seen]),
            Line("a breach from here", "bound", [one.bound for one in seen], steps=True),
        ),
        [f"{clock(point.at)}: {strength(one)}; {_arms(one)}" for point, one in course],
    )


def _latencies(metric: Judged, course: Course) -> Plot:
    lines = [
        Line(f"{arm} {name}", f"{arm} q{at}", [_quantile(found, at) for found in values])
        for arm, values in (
            ("canary", [one.canary_latency for _, one in course]),
            ("baseline", [one.baseline_latency for _, one in course]),
        )
        for at, name in enumerate(QUANTILES)
        if any(values)
    ]
    values = [value for line in lines for value in line.values if value is not None]
    last = course[-1][1]
    return Plot(
        f"{metric.name}: how long requests take",
        f"Quantiles of the request duration over time; at the end {_durations(last)}.",
        [point.at for point, _ in course],
        scales.seconds(values),
        lines,
        [f"{clock(point.at)}: {_durations(one)}" for point, one in course],
    )


def _weights(points: Sequence[Point]) -> Plot:
    given, observed = [point.weight for point in points], [point.observed for point in points]
    last = points[-1]
    return Plot(
        "The canary's share of the traffic",
        f"Weight and observed share over time; at the end {share(last.weight)} and {share(last.observed)}.",
        [point.at for point in points],
        scales.shares((*given, *(value for value in observed if value is not None))),
        (Line("weight", "bound", given, steps=True), Line("observed", "canary", observed)),
        [f"{clock(point.at)}: weight {share(point.weight)}, observed {share(point.observed)}" for point in points],
    )


def _quantile(found: Quantiles | None, at: int) -> float | None:
    return None if found is None else found[at]


def _durations(metric: Measured) -> str:
    arms = (("canary", metric.canary_latency), ("baseline", metric.baseline_latency))
    return "; ".join(f"{arm} {durations(found)}" for arm, found in arms)


def _arms(metric: Measured) -> str:
    return f"canary {counted(metric.canary)}, baseline {counted(metric.baseline)}"
