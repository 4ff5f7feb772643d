"""Metrics that are one number per pod: memory, CPU per request, the length of a queue.

The pod is the unit: ten thousand samples of two pods say no more of the release than two pods do. A stage has up to
three windows; each compares the pods' means in it once, and each comparison has its part of the run's alpha.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import exp, isfinite, log, sqrt
from statistics import fmean, stdev

from canary_operator.api.evidence import MOST_PODS, Gauge, PodMean, PodsCompared
from canary_operator.core.evidence.sample import Pods
from canary_operator.core.evidence.student import quantile, upper_tail
from canary_operator.core.evidence.tallies import too_soon
from canary_operator.core.evidence.terms import Comparison, Judged, Terms

WINDOWS = 3
"""Comparisons in one stage."""
FEWEST_BASELINE = 5
"""With fewer pods of the baseline nobody knows how much pods differ by themselves."""
_SMALLEST_SPREAD = 0.01
"""Pods whose numbers are the same to the byte would make any difference a proof."""
_POWER = 0.2
"""What would have been found four times out of five."""
_HALF_OF_FIVE_PERCENT = 0.025


def follow_pods(
    gauges: Iterable[Gauge],
    pods: Mapping[str, Pods],
    terms: Terms,
    clean_from: datetime | None,
    *,
    has_baseline: bool,
) -> tuple[Gauge, ...]:
    """One look later. Without a settled weight, or without a baseline, nothing is counted and nothing is compared."""
    known = {gauge.key: gauge for gauge in gauges}
    followed = []
    for one in terms.metrics:
        if one.comparison is None:
            continue
        gauge, newest = known.get(one.name, Gauge(key=one.name)), pods.get(one.name)
        if newest is not None and not too_soon(gauge.at, newest.at, terms.look):
            gauge = _later(gauge, newest, one, terms, counts=has_baseline and _settled(clean_from, newest.at))
        followed.append(gauge)
    return tuple(followed)


def restarted_gauge(gauge: Gauge) -> Gauge:
    """A new stage: its windows begin, and what was found stays found."""
    return gauge.model_copy(update={"seconds": 0.0, "windows": 0, "canary": (), "baseline": ()})


def _settled(clean_from: datetime | None, at: datetime) -> bool:
    return clean_from is not None and at >= clean_from


def _later(gauge: Gauge, newest: Pods, judged: Judged, terms: Terms, *, counts: bool) -> Gauge:
    passed = 0.0 if gauge.at is None else (newest.at - gauge.at).total_seconds()
    gauge = gauge.model_copy(update={"at": newest.at})
    if not counts or gauge.windows >= WINDOWS:
        return gauge
    counted = gauge.model_copy(
        update={
            "seconds": gauge.seconds + passed,
            "canary": _added(gauge.canary, newest.canary),
            "baseline": _added(gauge.baseline, newest.baseline),
        }
    )
    return _compared(counted, judged, terms) if counted.seconds >= terms.window.total_seconds() else counted


def _added(means: Sequence[PodMean], numbers: Mapping[str, float]) -> tuple[PodMean, ...]:
    """The first pods that were seen are kept: their names' endings are random, so they are a fair sample."""
    known = {mean.pod: mean for mean in means}
    for pod in sorted(numbers):
        if isfinite(numbers[pod]) and (pod in known or len(known) < MOST_PODS):
            before = known.get(pod, PodMean(pod=pod))
            known[pod] = PodMean(pod=pod, total=before.total + numbers[pod], looks=before.looks + 1)
    return tuple(known.values())


def _compared(gauge: Gauge, judged: Judged, terms: Terms) -> Gauge:
    """The window is over. One that can't be compared is not counted as a comparison, and the next one begins."""
    empty: dict[str, object] = {"seconds": 0.0, "canary": (), "baseline": ()}
    found = None if judged.comparison is None else compare(gauge, judged.comparison, level(judged, terms))
    if found is None:
        seen = {"canary_pods": len(gauge.canary), "baseline_pods": len(gauge.baseline)}
        return gauge.model_copy(update={**empty, **seen})
    return gauge.model_copy(
        update={
            **empty,
            "windows": gauge.windows + 1,
            "newest": found,
            "broken": gauge.broken or found.chance <= level(judged, terms),
            "canary_pods": len(gauge.canary),
            "baseline_pods": len(gauge.baseline),
        }
    )


def level(judged: Judged, terms: Terms) -> float:
    """The chance that one comparison is allowed to be wrong: the metric's part of alpha, over all of the run's."""
    return terms.part_of_alpha(judged) / (WINDOWS * max(1, terms.compared_stages))


def compare(gauge: Gauge, wanted: Comparison, allowed: float) -> PodsCompared | None:
    """Student's t of the logarithms of the pods' means, with the spread of the baseline's pods alone.

    The canary may be one pod. None: too few pods, or a number that has no logarithm.
    """
    canary, baseline = _logs(gauge.canary), _logs(gauge.baseline)
    if not canary or baseline is None or len(baseline) < FEWEST_BASELINE:
        return None
    difference = fmean(canary) - fmean(baseline)
    error = max(stdev(baseline), _SMALLEST_SPREAD) * sqrt(1 / len(canary) + 1 / len(baseline))
    degrees = len(baseline) - 1
    worse = -difference if wanted.exchanged else difference
    wide = quantile(_HALF_OF_FIVE_PERCENT, degrees) * error
    findable = log(wanted.margin) + (quantile(allowed, degrees) + quantile(_POWER, degrees)) * error
    return PodsCompared(
        canary=exp(fmean(canary)),
        baseline=exp(fmean(baseline)),
        lower=exp(difference - wide),
        upper=exp(difference + wide),
        findable=exp(-findable if wanted.exchanged else findable),
        chance=upper_tail((worse - log(wanted.margin)) / error, degrees),
    )


def _logs(means: Sequence[PodMean]) -> list[float] | None:
    """None where one of them is not above zero: nothing is so many times nothing."""
    values = [mean.total / mean.looks for mean in means]
    return [log(value) for value in values] if all(value > 0 for value in values) else None
