"""The seam between the report and the judge: what a report takes from evidence of counts is taken here.

What it takes of metrics that are numbers stands in `observe_numbers`.
"""

from canary_operator.api.evidence import Counts, WarmUp
from canary_operator.api.quantities import format_latency
from canary_operator.api.report import Above, Count, Held, Judged, Measured
from canary_operator.api.status import Run
from canary_operator.core.evidence.detectable import detectable
from canary_operator.core.evidence.judge import judge
from canary_operator.core.evidence.latency import span_of
from canary_operator.core.evidence.sentence import judged_counts, of_metric
from canary_operator.core.evidence.sums import rate
from canary_operator.core.evidence.terms import Track
from canary_operator.core.evidence.together import Metric, Seen, Together, together
from canary_operator.core.plan import terms
from canary_operator.core.report.observe_numbers import judged_number, judged_restarts


def measured(run: Run) -> tuple[Measured, ...]:
    """Counts of each metric at this moment; none before the metrics were measured."""
    if run.pinned is None:
        return ()
    if _warms_up(run):
        return (_warming(run),)
    seen, latencies = together(run.evidence, terms(run)), _latencies(run)
    return tuple(
        _measured(seen, one, one.tracks, is_latency=one.judged.name in latencies) for one in seen.metrics if one.tracks
    )


def judged(run: Run) -> tuple[Judged, ...]:
    """Each metric in words."""
    if run.pinned is None:
        return ()
    if _warms_up(run):
        return (Judged(name=_first_name(run), sentence=judge(run.evidence, terms(run)).sentence),)
    seen, latencies = together(run.evidence, terms(run)), _latencies(run)
    metrics = (
        judged_number(one, run.evidence)
        if one.judged.range is not None or one.judged.comparison is not None
        else _judged(seen, one, is_latency=one.judged.name in latencies)
        for one in seen.metrics
    )
    return (*metrics, *judged_restarts(run))


def _judged(seen: Together, metric: Metric, *, is_latency: bool) -> Judged:
    """The ratio is that of the first track, as in the plot."""
    words = Judged(
        name=metric.judged.name,
        sentence=of_metric(metric, seen.needed(metric)),
        held=tuple(_held(one.track, is_latency=is_latency) for one in metric.tracks),
    )
    first = next(iter(metric.tracks), None)
    if first is None or first.track.bounds.margin is None:
        return words
    margin, tally = first.track.bounds.margin, first.tally
    if first.track.exchanged:
        return words.model_copy(update={"allowed": 1 / margin, "more_is_better": True})
    smallest = detectable(tally.compared, first.track.bounds, tally.phi, seen.needed(metric))
    usual = rate(tally.compared.baseline)
    ratio = smallest / usual if smallest is not None and usual else None
    return words.model_copy(update={"allowed": margin, "detectable": ratio})


def _held(track: Track, *, is_latency: bool) -> Held:
    bounds = track.bounds
    times = None if bounds.margin is None else 1 / bounds.margin if track.exchanged else bounds.margin
    boundary = _boundary(track) if is_latency else ""
    return Held(boundary=boundary, times=times, limit=bounds.limit, ignore_below=bounds.ignore_below)


def _measured(seen: Together, metric: Metric, tracks: tuple[Seen, ...], *, is_latency: bool) -> Measured:
    """With the counts of the metric's first track: those of one are cumulative, and can be drawn."""
    first = tracks[0]
    counts = judged_counts(first)
    return Measured(
        name=metric.judged.name,
        evidence=metric.e_value,
        bound=seen.needed(metric),
        canary=_count(counts.canary),
        baseline=_count(counts.baseline),
        phi=first.tally.phi,
        above=tuple(map(_above, tracks)) if is_latency else (),
    )


def _above(seen: Seen) -> Above:
    counts = judged_counts(seen)
    return Above(_boundary(seen.track), _count(counts.canary), _count(counts.baseline), seen.tally.phi)


def _boundary(track: Track) -> str:
    return format_latency(span_of(track.reads))


def _warming(run: Run) -> Measured:
    warmup, judgement = run.evidence.warmup or WarmUp(), judge(run.evidence, terms(run))
    return Measured(
        name=_first_name(run),
        evidence=judgement.e_value,
        bound=judgement.bound,
        canary=_count(warmup.counts.canary),
        baseline=_count(warmup.counts.baseline),
        phi=run.evidence.phi,
        warming=True,
    )


def _latencies(run: Run) -> set[str]:
    return {metric.title for metric in run.plan.analysis.metrics if metric.is_latency}


def _first_name(run: Run) -> str:
    return run.plan.analysis.metrics[0].title


def _warms_up(run: Run) -> bool:
    return not run.evidence.warm or run.evidence.warmup is not None


def _count(counts: Counts) -> Count:
    return Count(counts.requests, counts.bad)
