"""How a stage stands in one number, for people who compare releases; nothing is decided by it."""

from canary_operator.api.evidence import Evidence, Gauge
from canary_operator.api.status import Run
from canary_operator.core.evidence.streaks import broken
from canary_operator.core.evidence.together import Metric, Seen, together
from canary_operator.core.plan import terms

GOOD, UNKNOWN, HARM = 1.0, 0.5, 0.0


def score(run: Run) -> int | None:
    """Of 100 each critical metric gives its weight's part: all without harm, half while it saw too little, else none.

    None while there is nothing to tell: before the first look, in the warm-up, in a dark launch.
    """
    evidence = run.evidence
    if run.pinned is None or not evidence.warm or evidence.warmup is not None:
        return None
    judged_by = terms(run)
    seen = together(evidence, judged_by)
    outside = {one.streak.key for one in broken(evidence.streaks, judged_by)}
    critical = [one for one in seen.metrics if one.judged.critical]
    weights = sum(one.judged.weight for one in critical)
    if not weights:
        return None
    got = sum(one.judged.weight * _standing(one, run, harm=_harms(one, seen.needed(one), outside)) for one in critical)
    return round(100 * got / weights)


def _harms(metric: Metric, needed: float, outside: set[str]) -> bool:
    by_pods = metric.gauge is not None and metric.gauge.broken
    return by_pods or metric.judged.name in outside or (bool(metric.tracks) and metric.e_value >= needed)


def _standing(metric: Metric, run: Run, *, harm: bool) -> float:
    if harm:
        return HARM
    return GOOD if _saw_enough(metric, run) else UNKNOWN


def _saw_enough(metric: Metric, run: Run) -> bool:
    """In this stage; at 100 % there is nothing to compare with any more."""
    if metric.judged.range is not None and not _has_number(run.evidence, metric.judged.name):
        return False
    if metric.gauge is not None:
        return _was_compared(metric.gauge) or run.weight == 1
    return all(_counted(one, run) for one in metric.tracks) and (bool(metric.tracks) or metric.judged.range is not None)


def _has_number(evidence: Evidence, name: str) -> bool:
    return any(one.key == name and one.canary is not None for one in evidence.streaks)


def _was_compared(gauge: Gauge) -> bool:
    return gauge.windows > 0


def _counted(seen: Seen, run: Run) -> bool:
    """Beside a limit no baseline is needed."""
    stage, alone = seen.tally.stage, run.weight == 1 or seen.track.bounds.limit is not None
    return stage.canary.requests >= _fewest(seen, run) and (alone or stage.baseline.requests > 0)


def _fewest(seen: Seen, run: Run) -> int:
    """Requests that a stage asks for; of what the canary only counts now and then, one."""
    return 1 if seen.track.key else run.plan.analysis.min_canary_requests
