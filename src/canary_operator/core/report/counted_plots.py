"""The plots of a metric that counts: what share of each arm was bad, the ratio of the two, and the evidence."""

from collections.abc import Iterator

from canary_operator.api.metric import ERROR_RATE, REQUESTS
from canary_operator.api.report import Held, Judged
from canary_operator.core.report import scales
from canary_operator.core.report.courses import ratios_of
from canary_operator.core.report.drawing import Band, Line, Plot
from canary_operator.core.report.quantile_plot import quantile_plots
from canary_operator.core.report.shares import FEWEST, Course, shares
from canary_operator.core.report.shares import allowed as allowed_shares
from canary_operator.core.report.words import above, clock, interval, number, ratio, share, strength

_LOWEST_EVIDENCE, _HIGHEST_EVIDENCE = 0.01, 1e12
_LOWEST_RATIO, _HIGHEST_RATIO = 0.05, 200.0


def counted_plots(metric: Judged, course: Course) -> Iterator[Plot]:
    """A latency has its quantile, and shares and ratios at each boundary; without a comparison there is no ratio."""
    yield from quantile_plots(metric, course)
    for held in metric.held or (Held(),):
        yield _shares(metric, held, course)
        if any(seen.lower is not None for seen in ratios_of(course, held.boundary)):
            yield _ratios(metric, held, course)
    yield _evidence(metric, course)


def _shares(metric: Judged, held: Held, course: Course) -> Plot:
    seen = shares(course, held.boundary)
    bound = allowed_shares(metric, held, seen.baseline)
    newest = Line(f"canary, its newest {FEWEST} or more", "canary", seen.canary)
    lines = [newest, Line("baseline meanwhile", "baseline", seen.baseline)]
    if any(value is not None for value in bound):
        name = "allowed at least" if metric.more_is_better else "allowed at most"
        lines.append(Line(name, "bound", bound))
    arms = list(zip(seen.canary, seen.baseline, strict=True))
    last = f"canary {share(arms[-1][0])}, baseline {share(arms[-1][1])}"
    return Plot(
        f"{metric.name}: {_what(metric, held)}",
        f"At each moment of the canary's newest {FEWEST} requests or more; at the end {last}.",
        [point.at for point, _ in course],
        scales.shares(value for line in lines for value in line.values if value is not None),
        lines,
        [
            f"{clock(point.at)}: canary {share(canary)}, baseline {share(baseline)}"
            for (point, _), (canary, baseline) in zip(course, arms, strict=True)
        ],
    )


def _what(metric: Judged, held: Held) -> str:
    if held.boundary:
        return above(held.boundary)
    return "requests that failed" if metric.name in {ERROR_RATE, REQUESTS} else "its share of the whole"


def _ratios(metric: Judged, held: Held, course: Course) -> Plot:
    seen = ratios_of(course, held.boundary)
    last, allowed = seen[-1], held.times if held.boundary else metric.allowed
    ends = (last.ratio, last.lower or None, last.upper, 0.5, 2.0, allowed)
    values = [value for value in (*(one.ratio for one in seen), *ends) if value]
    lines = [Line("canary / baseline", "canary", [one.ratio for one in seen])]
    if allowed is not None:
        most = "at least" if metric.more_is_better else "at most"
        lines.append(Line(f"allowed: {most} {allowed:.3g} times", "bound", [allowed] * len(seen)))
    band = Band(
        "95 % interval, valid at any time",
        [one.lower for one in seen],
        [one.upper for one in seen],
        [one.lower is not None for one in seen],
    )
    what = f", {above(held.boundary)}" if held.boundary else ""
    return Plot(
        f"{metric.name}: the canary's rate over the baseline's{what}",
        f"The canary's rate over the baseline's; at the end {ratio(last)}, interval {interval(last)}.",
        [point.at for point, _ in course],
        scales.ratios(values, _LOWEST_RATIO, _HIGHEST_RATIO),
        lines,
        [
            f"{clock(point.at)}: {ratio(one)}, interval {interval(one)}"
            for (point, _), one in zip(course, seen, strict=True)
        ],
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
        [f"{clock(point.at)}: {number(one.evidence)}" for point, one in course],
    )
