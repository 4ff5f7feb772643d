"""What a report takes of metrics that are numbers: of each arm, of each pod, and of containers that were restarted."""

from collections.abc import Iterator, Sequence
from math import exp, log
from statistics import fmean

from canary_operator.api.evidence import Evidence, Gauge, PodMean, Streak
from canary_operator.api.metric import RESTARTS
from canary_operator.api.report import Judged, Number
from canary_operator.api.status import Run
from canary_operator.core.checks.restarts import told_restarts
from canary_operator.core.evidence.gauge_words import of_pods
from canary_operator.core.evidence.range_words import of_numbers
from canary_operator.core.evidence.terms import Judged as Terms
from canary_operator.core.evidence.together import Metric
from canary_operator.core.plan import terms


def numbers(run: Run) -> tuple[Number, ...]:
    """Of each such metric at this moment; none before the metrics were measured."""
    if run.pinned is None:
        return ()
    every = (_number(one, run.evidence) for one in terms(run).metrics if one.range or one.comparison)
    return (*every, *_restarts(run))


def judged_number(metric: Metric, evidence: Evidence) -> Judged:
    """In words, with the limits that a plot shows."""
    wanted, comparison, said = metric.judged.range, metric.judged.comparison, []
    found = Judged(name=metric.judged.name)
    if comparison is not None:
        said.append(f"{of_pods(metric.judged, metric.gauge or Gauge(key=metric.judged.name))}.")
        times = 1 / comparison.margin if comparison.exchanged else comparison.margin
        changes = {"allowed": times, "more_is_better": comparison.exchanged, "unit": comparison.unit}
        found = found.model_copy(update=changes)
    if wanted is not None:
        said.append(f"{of_numbers(metric.judged, _streak(evidence, metric.judged.name))}.")
        limits = {"lowest": wanted.lowest, "highest": wanted.highest, "unit": wanted.unit}
        found = found.model_copy(update=limits)
    return found.model_copy(update={"sentence": " ".join(said)})


def judged_restarts(run: Run) -> Iterator[Judged]:
    """Where the run counts them."""
    metric = next((one for one in run.plan.analysis.metrics if one.is_restarts), None)
    if metric is not None:
        yield Judged(name=metric.title, sentence=told_restarts(run), highest=float(str(metric.max)))


def _restarts(run: Run) -> Iterator[Number]:
    if any(one.is_restarts for one in run.plan.analysis.metrics):
        yield Number(RESTARTS, canary=0.0 if run.restarts is None else float(run.restarts.times))


def _number(wanted: Terms, evidence: Evidence) -> Number:
    streak = _streak(evidence, wanted.name)
    if wanted.comparison is None:
        return Number(wanted.name, None, None) if streak is None else _of_arms(wanted.name, streak)
    gauge = next((one for one in evidence.gauges if one.key == wanted.name), Gauge(key=wanted.name))
    compared = gauge.newest
    return Number(
        wanted.name,
        canary=_mean(gauge.canary),
        baseline=_mean(gauge.baseline),
        worst=None if streak is None else streak.canary,
        lower=None if compared is None else compared.lower,
        upper=None if compared is None else compared.upper,
    )


def _of_arms(name: str, streak: Streak) -> Number:
    return Number(name, canary=streak.canary, baseline=streak.baseline)


def _streak(evidence: Evidence, name: str) -> Streak | None:
    return next((one for one in evidence.streaks if one.key == name), None)


def _mean(pods: Sequence[PodMean]) -> float | None:
    """As the comparison takes it: the geometric mean. None where nothing is so many times something."""
    means = [pod.total / pod.looks for pod in pods if pod.looks]
    return exp(fmean(map(log, means))) if means and min(means) > 0 else None
