"""The plot of a metric that is a number: both arms, or the pods of both, between what is allowed."""

from collections.abc import Iterator, Sequence

from canary_operator.api.metric import RESTARTS
from canary_operator.api.report import Judged, Number, Point
from canary_operator.core.report import scales
from canary_operator.core.report.drawing import Line, Plot
from canary_operator.core.report.words import amount, clock, compared

Course = Sequence[tuple[Point, Number]]
"""One metric over time."""
Values = Sequence[float | None]
_FAR = 4
"""A limit so many times above all that was seen would press it to the ground."""


def number_plots(metric: Judged, course: Course) -> Iterator[Plot]:
    """None where no number was ever seen, or nothing was ever restarted."""
    seen = [one for _, one in course]
    lines = [line for line in _lines(metric, seen) if line.look == "bound" or line.values.count(None) < len(seen)]
    values = [value for line in lines for value in line.values if value is not None]
    if not any(line.look != "bound" for line in lines) or _is_silent(metric, seen):
        return
    yield Plot(
        f"{metric.name}: {_what(metric)}",
        f"{_what(metric).capitalize()} over time; at the end {_told(metric, seen[-1])}.",
        [point.at for point, _ in course],
        scales.amounts(values, metric.unit),
        lines,
        [f"{clock(point.at)}: {_told(metric, one)}" for point, one in course],
    )


def _is_silent(metric: Judged, seen: Sequence[Number]) -> bool:
    return metric.name == RESTARTS and not any(one.canary for one in seen)


def _lines(metric: Judged, seen: Sequence[Number]) -> Iterator[Line]:
    counts = metric.name == RESTARTS
    baseline = [one.baseline for one in seen]
    yield Line("canary", "canary", [one.canary for one in seen], steps=counts)
    yield Line("the canary's worst pod", "canary q0", [one.worst for one in seen])
    yield Line("baseline", "baseline", baseline)
    if metric.allowed is not None:
        yield Line(_compared_to(metric), "bound", _times(baseline, metric.allowed))
    for name, limit in (("at least", metric.lowest), ("at most", metric.highest)):
        if limit is not None:
            far = limit > _FAR * _largest(seen) > 0
            said = f"allowed: {name} {amount(limit, metric.unit)}{', beyond this plot' if far else ''}"
            yield Line(said, "bound", [None if far else limit] * len(seen))


def _largest(seen: Sequence[Number]) -> float:
    values = [value for one in seen for value in (one.canary, one.baseline, one.worst) if value is not None]
    return max(values, default=0.0)


def _compared_to(metric: Judged) -> str:
    return f"allowed: {'at least' if metric.more_is_better else 'at most'} {metric.allowed:.3g} times the baseline's"


def _times(values: Values, factor: float) -> Values:
    return [None if value is None else factor * value for value in values]


def _what(metric: Judged) -> str:
    if metric.name == RESTARTS:
        return "containers of the canary that were started anew"
    return "mean of the pods in each window" if metric.allowed is not None else "the number of each arm"


def _told(metric: Judged, one: Number) -> str:
    if metric.name == RESTARTS:
        return amount(one.canary, "")
    parts = [f"canary {amount(one.canary, metric.unit)}", f"baseline {amount(one.baseline, metric.unit)}"]
    if one.worst is not None:
        parts.insert(1, f"its worst pod {amount(one.worst, metric.unit)}")
    if one.lower is not None:
        parts.append(f"compared: {compared(one)}")
    return ", ".join(parts)
