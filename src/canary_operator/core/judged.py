"""From the metrics of a spec to what the judge holds the counts against."""

from collections.abc import Iterable, Sequence

from canary_operator.api.metric import Metric
from canary_operator.api.quantities import format_latency
from canary_operator.api.status import Boundary
from canary_operator.core.evidence.latency import Durations, boundaries, span_of
from canary_operator.core.evidence.terms import Bounds, Judged, Track, Words, of_errors

BASELINE_LIMIT = 0.2
"""Where no metric asks for the failed requests, a baseline that fails more than this still holds the run."""


def judged(metrics: Iterable[Metric], pinned: Sequence[Boundary]) -> tuple[Judged, ...]:
    """Each metric with what it is judged by."""
    return tuple(_latency(one, pinned) if one.is_latency else _errors(one) for one in metrics)


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
    return next((margin_of(one) for one in metrics if not one.is_latency), None)


def baseline_limit(metrics: Iterable[Metric]) -> float:
    """While the baseline fails more than this, nobody can be judged beside it."""
    return next((float(one.baseline_limit) for one in metrics if not one.is_latency), BASELINE_LIMIT)


def boundaries_of(metrics: Sequence[Metric], durations: Durations) -> tuple[Boundary, ...]:
    """Where each latency among the metrics is judged, by what the baseline's requests took before the run."""
    allowed = errors_margin(metrics)
    return tuple(at for one in metrics if one.is_latency for at in boundaries(one, durations, allowed))


def _errors(metric: Metric) -> Judged:
    return of_errors(bounds_of(metric), critical=metric.critical, weight=metric.weight, name=metric.preset)


def _latency(metric: Metric, pinned: Iterable[Boundary]) -> Judged:
    tracks = tuple(_track(one) for one in pinned if one.metric == metric.preset)
    return Judged(metric.preset, tracks, metric.critical, metric.weight)


def _track(boundary: Boundary) -> Track:
    bounds = Bounds(boundary.margin, boundary.limit, boundary.ignore_below)
    words = Words("The canary is too slow", f"took longer than {format_latency(span_of(boundary.le))} or failed")
    return Track(boundary.key, boundary.le, bounds, words, boundary.phi)
