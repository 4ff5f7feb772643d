"""Which plots a report has."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from canary_operator.api.report import Judged, Point, RunReport
from canary_operator.core.report import scales
from canary_operator.core.report.counted_plots import counted_plots
from canary_operator.core.report.courses import counted_course, number_course
from canary_operator.core.report.drawing import Line, Plot
from canary_operator.core.report.number_plots import number_plots
from canary_operator.core.report.words import clock, share


def plots(report: RunReport) -> Iterator[Plot]:
    """Those of each metric, then the weights; none without a point."""
    if not report.points:
        return
    changes = [one.at for other, one in pairwise(report.points) if other.weight != one.weight]
    for metric in report.metrics:
        for plot in _of_metric(metric, report.points):
            inside = [change for change in changes if plot.moments[0] <= change <= plot.moments[-1]]
            yield replace(plot, changes=inside)
    yield replace(_weights(report.points), changes=changes)


def _of_metric(metric: Judged, points: Sequence[Point]) -> Iterator[Plot]:
    if counted := counted_course(metric.name, points):
        yield from counted_plots(metric, counted)
    if numbers := number_course(metric.name, points):
        yield from number_plots(metric, numbers)


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
