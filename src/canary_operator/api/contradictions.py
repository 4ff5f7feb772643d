"""What no CanaryRollout may ask for, as our own reader checks it: the twin of `rules.py`.

The API server checks the same, but only what changes: an object that was stored before a rule existed keeps its values.
Rules about changes have no twin, since a reader sees one object at a time.
"""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from canary_operator.api.metric_contradictions import of_metrics
from canary_operator.api.quantities import format_duration, format_percentage

if TYPE_CHECKING:  # rollout.py calls us while its classes are being made
    from canary_operator.api.rollout import Spec

_WHOLE = Fraction(1)
_NO_TIME = timedelta(0)
_LONGEST_STABLE_SERVICE = 63 - len("-canary")


def of(spec: "Spec") -> Iterator[str]:
    """One sentence for each, with field, value and cure."""
    for check in _CHECKS:
        yield from check(spec)
    yield from of_metrics(spec)


def _two_subjects_or_none(spec: "Spec") -> Iterator[str]:
    if (spec.workload is None) == (spec.revision is None):
        found = "neither workload nor revision is given" if spec.workload is None else "workload and revision are given"
        yield f"{found}: give workload to release a Deployment, or revision to move traffic only"


def _canary_is_stable(spec: "Spec") -> Iterator[str]:
    if spec.traffic.canary_service == spec.traffic.stable_service:
        yield f'traffic.canaryService is stableService "{spec.traffic.stable_service}": name another, or leave it out'


def _canary_service_without_a_name(spec: "Spec") -> Iterator[str]:
    stable = spec.traffic.stable_service
    if spec.traffic.canary_service is None and len(stable) > _LONGEST_STABLE_SERVICE:
        yield f'traffic.stableService "{stable}" with "-canary" is longer than 63 characters: give canaryService'


def _stage_not_above_the_one_before(spec: "Spec") -> Iterator[str]:
    for at, (before, stage) in enumerate(itertools.pairwise(spec.stages), start=1):
        if stage.weight <= before.weight:
            yield (
                f'stages[{at}].weight "{format_percentage(stage.weight)}" is not above '
                f'"{format_percentage(before.weight)}" of the stage before; to stay longer at a weight give that stage '
                "a longer duration"
            )


def _stage_without_traffic(spec: "Spec") -> Iterator[str]:
    for at, stage in enumerate(spec.stages):
        if stage.weight == 0:
            yield f'stages[{at}].weight "0%" shows nothing; leave the stage out'


def _stage_without_time(spec: "Spec") -> Iterator[str]:
    for at, stage in enumerate(spec.stages):
        if stage.duration == _NO_TIME and stage.weight < _WHOLE:
            yield f'stages[{at}].duration "0s" leaves no time to judge; write for example "10m"'


def _first_stage_without_baseline(spec: "Spec") -> Iterator[str]:
    if spec.stages[0].weight == _WHOLE and all(metric.only_compares for metric in spec.analysis.metrics):
        yield (
            'stages[0].weight "100%" leaves no baseline, and every metric only compares; '
            "put a stage below 100% first, or give a metric max"
        )


def _no_time_to_get_ready(spec: "Spec") -> Iterator[str]:
    if spec.workload is not None and spec.workload.progress_deadline == _NO_TIME:
        yield 'workload.progressDeadline "0s" must be above zero; write for example "10m"'


def _run_too_long(spec: "Spec") -> Iterator[str]:
    takes = sum((stage.duration for stage in spec.stages), spec.analysis.warmup)
    if takes > spec.max_duration or spec.max_duration == _NO_TIME:
        yield (
            f"the stages and the warmup take {format_duration(takes)}, and maxDuration is "
            f'"{format_duration(spec.max_duration)}"; raise maxDuration or shorten the stages'
        )


_CHECKS: tuple[Callable[["Spec"], Iterator[str]], ...] = (
    _two_subjects_or_none,
    _canary_is_stable,
    _canary_service_without_a_name,
    _stage_not_above_the_one_before,
    _stage_without_traffic,
    _stage_without_time,
    _first_stage_without_baseline,
    _no_time_to_get_ready,
    _run_too_long,
)
