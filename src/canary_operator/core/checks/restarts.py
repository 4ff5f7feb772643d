"""A container of the canary that ended by itself under traffic: harm that needs no statistics.

Its requests in flight are lost whatever the error rate says, and it will end again. Restarts from before the canary got
traffic are the preparation's affair.
"""

from datetime import datetime

from canary_operator.api import reasons
from canary_operator.api.metric import Metric
from canary_operator.api.status import Restarts, Run
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, Restart, World


def remembered(run: Run, world: World) -> Run:
    """The run with what the pods say now, where they were asked."""
    match world.canary:
        case CanaryFacts(restarts=tuple() as restarts) if run.carries_since is not None:
            since = [one for one in restarts if one.ended_at is not None and one.ended_at >= run.carries_since]
            return run.model_copy(update={"pods_at": world.now, "restarts": _most(run.restarts, _together(since))})
    return run


def _together(restarts: list[Restart]) -> Restarts | None:
    """How many of a container's restarts came since can't be told; that one did can."""
    if not restarts:
        return None
    newest = max(restarts, key=_ended)
    return Restarts(times=sum(one.times for one in restarts), message=newest.message)


def _most(known: Restarts | None, seen: Restarts | None) -> Restarts | None:
    """A pod that has gone does not take its restarts along."""
    return max((one for one in (known, seen) if one is not None), key=lambda one: one.times, default=None)


def _ended(restart: Restart) -> datetime:
    if restart.ended_at is None:
        raise AssertionError("only dated restarts are compared")
    return restart.ended_at


def restarted(world: World) -> Finding | None:
    """Beyond the limit of a metric that is critical."""
    metric = _broken(world.run)
    if metric is None or not metric.is_critical:
        return None
    return Finding(Event.HARMED, reasons.HARM, f"The canary's containers restart: {_facts(world.run, metric)}.")


def restarted_and_held(world: World) -> Finding | None:
    """Beyond the limit of one that is not."""
    metric = _broken(world.run)
    if metric is None or metric.is_critical:
        return None
    text = f"{metric.title} is not critical, so the run holds. {_facts(world.run, metric)}"
    cure = "Annotate promote=true to go on all the same, or abort=true"
    return Finding(Event.HELD, reasons.METRIC_OVER_BOUND, f"{text}. {cure}")


def told_restarts(run: Run) -> str:
    """Where a metric counts them, what was seen of them so far; empty where none does."""
    metric = next((one for one in run.plan.analysis.metrics if one.is_restarts), None)
    if metric is None:
        return ""
    if run.restarts is None:
        return f"restarts: no container of the canary ended under traffic; allowed is {metric.max}."
    return f"restarts: {_facts(run, metric)}."


def _broken(run: Run) -> Metric | None:
    metric = next((one for one in run.plan.analysis.metrics if one.is_restarts), None)
    if metric is None or run.restarts is None or run.restarts.times <= _allowed(metric):
        return None
    return metric


def _allowed(metric: Metric) -> float:
    return float(str(metric.max))


def _facts(run: Run, metric: Metric) -> str:
    seen = run.restarts
    if seen is None:
        raise AssertionError("asked only when something restarted")
    times = "1 restart" if seen.times == 1 else f"{seen.times} restarts"
    return f"{seen.message}; {times} under traffic, allowed is {metric.max}"
