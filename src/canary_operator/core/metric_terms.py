"""From the metrics of a spec to what the judge holds the counts against."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from canary_operator.api.metric import Metric
from canary_operator.api.quantities import AnyLimit, Memory, format_latency
from canary_operator.api.status import Boundary, PodSpread
from canary_operator.core.evidence.counts import FINE
from canary_operator.core.evidence.latency import Durations, boundaries, span_of
from canary_operator.core.evidence.terms import ERRORS, Bounds, Comparison, Judged, Range, Track, Words

BASELINE_LIMIT = 0.2
"""Where no metric asks for the failed requests, a baseline that fails more than this still holds the run."""


def judged(metrics: Iterable[Metric], pinned: Sequence[Boundary], pods: PodSpread | None = None) -> tuple[Judged, ...]:
    """Each metric with what it is judged by."""
    return tuple(_judged(one, pinned, pods) for one in metrics if not one.is_restarts)


def bounds_of(metric: Metric) -> Bounds:
    """What the requests that failed are held against."""
    return Bounds(
        margin=margin_of(metric),
        limit=None if metric.rate_limit is None else float(metric.rate_limit),
        ignore_below=float(metric.ignore_below),
        blatant=True,
    )


def margin_of(metric: Metric) -> float | None:
    """How many times the baseline's rate is allowed; None where no comparison is asked for."""
    return None if metric.max_increase is None else 1 + float(metric.max_increase)


def errors_margin(metrics: Iterable[Metric]) -> float | None:
    """How many times the baseline's errors are allowed, where a metric says so."""
    return next((margin_of(one) for one in metrics if one.is_errors), None)


def baseline_limit(metrics: Iterable[Metric]) -> float:
    """While the baseline fails more than this, nobody can be judged beside it."""
    return next((float(one.baseline_limit) for one in metrics if one.is_errors), BASELINE_LIMIT)


def boundaries_of(metrics: Sequence[Metric], durations: Durations) -> tuple[Boundary, ...]:
    """Where each latency among the metrics is judged, by what the baseline's requests took before the run."""
    allowed = errors_margin(metrics)
    return tuple(at for one in metrics if one.is_latency for at in boundaries(one, durations, allowed))


def _judged(metric: Metric, pinned: Sequence[Boundary], pods: PodSpread | None) -> Judged:
    if metric.is_latency:
        return _latency(metric, pinned)
    if metric.is_errors:
        return _errors(metric, pods)
    return _number(metric) if metric.is_scalar or metric.is_gauge else _counter(metric)


def _errors(metric: Metric, pods: PodSpread | None) -> Judged:
    """Where pods of one version differ by more than what is allowed, that is allowed."""
    bounds, words = bounds_of(metric), ERRORS
    if bounds.margin is not None and pods is not None and pods.margin > bounds.margin:
        words = replace(words, why=f", because its {pods.pods} pods differ by themselves")
        bounds = replace(bounds, margin=pods.margin)
    return Judged(metric.title, (Track("", "", bounds, words),), metric.is_critical, metric.weight)


def _latency(metric: Metric, pinned: Iterable[Boundary]) -> Judged:
    tracks = tuple(_track(one) for one in pinned if one.metric == metric.title)
    return Judged(metric.title, tracks, metric.is_critical, metric.weight)


def _counter(metric: Metric) -> Judged:
    """Fewer than allowed is: the baseline counts 1/(1 − d) times as often as the canary."""
    counted = f"{{bad}} of {{all}} in the {{arm}} ({{rate}}) are {metric.title}"
    more = metric.max_decrease is not None
    harm = f"{metric.title} falls short in the canary" if more else f"{metric.title} is too frequent in the canary"
    words = Words(harm, counted, f"nothing to count {metric.title} of in the {{arm}}")
    if metric.max_decrease is not None:
        bounds = Bounds(margin=1 / (1 - float(metric.max_decrease)), alternatives=FINE)
    else:
        bounds = replace(bounds_of(metric), blatant=False, alternatives=FINE)
    track = Track(metric.title, metric.title, bounds, words, exchanged=more)
    return Judged(metric.title, (track,), metric.is_critical, metric.weight)


def _number(metric: Metric) -> Judged:
    lowest, highest = _plain(metric.min), _plain(metric.max)
    limits = None if lowest is None and highest is None else Range(lowest, highest, metric.failure_limit, _unit(metric))
    return Judged(metric.title, (), metric.is_critical, metric.weight, limits, _comparison(metric))


def _plain(limit: AnyLimit | None) -> float | None:
    return limit.mebibytes if isinstance(limit, Memory) else float(limit) if isinstance(limit, Decimal) else None


def _unit(metric: Metric) -> str:
    return {"memory": "Mi", "cpu": "s"}.get(metric.preset or "", "")


def _comparison(metric: Metric) -> Comparison | None:
    if metric.max_decrease is not None:
        return Comparison(1 / (1 - float(metric.max_decrease)), exchanged=True, unit=_unit(metric))
    margin = margin_of(metric)
    return None if margin is None or not metric.is_gauge else Comparison(margin, unit=_unit(metric))


def _track(boundary: Boundary) -> Track:
    bounds = Bounds(boundary.margin, boundary.limit, boundary.ignore_below, FINE)
    slow = f"took longer than {format_latency(span_of(boundary.le))} or failed"
    words = Words("The canary is too slow", f"{{bad}} of {{all}} requests of the {{arm}} {slow} ({{rate}})")
    return Track(boundary.key, boundary.le, bounds, words, boundary.phi)
