"""The part of `contradictions.py` that is about mirrored requests: `mirror_rules.py`'s twin."""

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from canary_operator.api.quantities import format_percentage

if TYPE_CHECKING:  # rollout.py calls us while its classes are being made
    from canary_operator.api.rollout import Spec


def of_mirror(spec: "Spec") -> Iterator[str]:
    """One sentence for each, with field, value and cure."""
    at = next((place for place, stage in enumerate(spec.stages) if stage.mirror is not None), None)
    if at is not None:
        shown = f'stages[{at}].mirror "{format_percentage(spec.stages[at].mirror or spec.stages[at].weight)}"'
        yield from (f"{shown} {complaint}" for complaint in _misplaced(spec))
    elif spec.traffic.mirror is not None:
        yield (
            'traffic.mirror is given, and no stage mirrors: give a first stage mirror (for example "20%"), or leave '
            "traffic.mirror out"
        )
    yield from _each(spec)


def _misplaced(spec: "Spec") -> Iterator[str]:
    """What does not go together with any mirrored stage."""
    traffic, metrics = spec.traffic, spec.analysis.metrics
    if traffic.carries_connections:
        yield ("copies requests, and a tcp or tls route has connections only: leave mirror out, or split an http route")
    if spec.workload is None:
        yield (
            "is counted by the pods that get the copies, and without a workload nobody knows which they are: give "
            "workload, or leave mirror out"
        )
    if traffic.canary_matches is not None:
        yield (
            "and traffic.canaryMatches are both given, and no pod can tell a copy from the request of a tester: leave "
            "one of them out"
        )
    if not any(metric.sees_copies for metric in metrics):
        yield (
            "is judged by errors and latency, and no metric is about them: give preset istio-error-rate, "
            "istio-latency-p99 or requests, or leave mirror out"
        )


def _each(spec: "Spec") -> Iterator[str]:
    for at, stage in enumerate(spec.stages):
        if stage.mirror == 0:
            yield f'stages[{at}].mirror "0%" must be above 0%: write for example "20%", or leave mirror out'
        if stage.mirror is not None and stage.weight > 0:
            yield (
                f'stages[{at}].mirror "{format_percentage(stage.mirror)}" and weight '
                f'"{format_percentage(stage.weight)}" are both given, and copies are for a stage before any user gets '
                "the canary: leave one of them out"
            )
    for at, (before, stage) in enumerate(itertools.pairwise(spec.stages), start=1):
        if stage.mirror is not None and before.mirror is not None and stage.mirror <= before.mirror:
            yield (
                f'stages[{at}].mirror "{format_percentage(stage.mirror)}" is not above '
                f'"{format_percentage(before.mirror)}" of the stage before; to stay longer give that stage a longer '
                "duration"
            )
