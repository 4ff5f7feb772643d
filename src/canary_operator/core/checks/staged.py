"""A canary with traffic: may the stage end?"""

from datetime import datetime, timedelta
from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.api.quantities import format_duration
from canary_operator.core.called import the_shipped
from canary_operator.core.checks.metrics import blind
from canary_operator.core.checks.present import deleted, route_unusable, spec_unreadable, workload_unusable
from canary_operator.core.checks.reversed import deployment_gone, stand_in_lost, unguarded
from canary_operator.core.checks.running import (
    aborted,
    canary_lost,
    drifted,
    escaped,
    harmed,
    paused,
    rollback_unfinished,
    superseded,
    too_long,
)
from canary_operator.core.findings import Finding
from canary_operator.core.plan import is_last, present_stage
from canary_operator.core.stage_clock import stage_end
from canary_operator.core.transitions import Event
from canary_operator.core.world import World


def promoted_by_hand(world: World) -> Finding | None:
    if world.run.promote:
        return _passed(world, "ended by hand with the annotation promote")
    return None


def baseline_burning(world: World) -> Finding | None:
    if world.judgement is not None and world.judgement.burning:
        return Finding(Event.HELD, reasons.BASELINE_UNHEALTHY, world.judgement.sentence)
    return None


def time_not_over(world: World) -> Finding | None:
    """The stage ends with a look: one that was taken after its time."""
    run = world.run
    ends_at = stage_end(run, world.now)
    if ends_at is None or run.looked_at is None or run.looked_at < ends_at:
        warm = run.evidence.warm
        sentence = world.judgement.sentence if world.judgement else ""
        return Finding(Event.WAITED, reasons.STAGE_RUNNING if warm else reasons.WARMING_UP, sentence)
    return None


def requests_missing(world: World) -> Finding | None:
    missing = _missing(world)
    if missing <= 0:
        return None
    text = f"{missing} of {world.run.plan.analysis.min_canary_requests} canary requests are still missing in this stage"
    if world.now < extended_until(world):
        return Finding(Event.WAITED, reasons.COLLECTING_REQUESTS, f"{text}; {_eta(world, missing)}")
    return _still_missing(world, f"{text}; {_eta(world, missing)}")


def nobody_to_compare_with(world: World) -> Finding | None:
    """A comparison without a request of the baseline says nothing; a plain limit alone may still let a stage pass."""
    run = world.run
    compares_only = run.plan.analysis.metrics[0].max is None
    if not compares_only or present_stage(run).weight == Fraction(1) or run.evidence.stage.baseline.requests > 0:
        return None
    return Finding(
        Event.HELD,
        reasons.INSUFFICIENT_DATA,
        "the baseline got no request in this stage, so there is nothing to compare with; send it traffic, "
        "give the metric a max, or annotate promote=true to go on",
    )


def newest_look_bad(world: World) -> Finding | None:
    """One look is never enough for a breach, so the next one is waited for: it is a breach, or the stage may end."""
    if world.judgement is None or not world.judgement.suspect:
        return None
    text = f"the newest look was worse than allowed, so the stage lasts until one is not: {world.judgement.sentence}"
    return Finding(Event.WAITED, reasons.STAGE_RUNNING, text)


def stage_passed(world: World) -> Finding:
    return _passed(world, world.judgement.sentence if world.judgement else "")


def extended_until(world: World) -> datetime:
    """How long the stage waits for missing requests."""
    run = world.run
    extension = run.plan.analysis.max_extension
    span = present_stage(run).duration if extension is None else extension
    return (stage_end(run, world.now) or world.now) + span


def _still_missing(world: World, text: str) -> Finding:
    match world.run.plan.analysis.on_insufficient_data:
        case "Hold":
            cure = "annotate promote=true to go on without them, or abort=true"
            return Finding(Event.HELD, reasons.INSUFFICIENT_DATA, f"{text}; {cure}")
        case "Extend":
            return Finding(Event.WAITED, reasons.COLLECTING_REQUESTS, text)
        case "Promote":
            return _passed(world, f"not verified: {text}")
        case "Rollback":
            return Finding(Event.STARVED, reasons.TOO_FEW_REQUESTS, text)


def _missing(world: World) -> int:
    """At 100 % nothing more is asked for when an earlier stage had enough: there is nobody to compare with."""
    run = world.run
    if present_stage(run).weight == Fraction(1) and run.stage > 1:
        return 0
    return run.plan.analysis.min_canary_requests - int(run.evidence.stage.canary.requests)


def _eta(world: World, missing: int) -> str:
    run = world.run
    seen = run.evidence.stage.canary.requests
    if seen == 0 or run.weight_changed_at is None:
        return "none has come yet"
    rate = seen / max((world.now - run.weight_changed_at).total_seconds(), 1.0)
    return f"at this rate in {format_duration(timedelta(seconds=round(missing / rate)))}"


def _passed(world: World, message: str) -> Finding:
    """After the last stage of a reversed run stable has everything: there is nothing to wait for."""
    if is_last(world.run) and world.run.reversed:
        return Finding(Event.ROLLED_OUT, reasons.PROMOTED, f"{the_shipped(world)} passed every stage")
    event = Event.LAST_STAGE_PASSED if is_last(world.run) else Event.STAGE_PASSED
    return Finding(event, reasons.PROMOTING if is_last(world.run) else reasons.PREPARING, message)


STAGED = (
    deleted,
    spec_unreadable,
    aborted,
    harmed,
    superseded,
    escaped,
    rollback_unfinished,
    deployment_gone,
    workload_unusable,
    unguarded,
    route_unusable,
    canary_lost,
    drifted,
    promoted_by_hand,
    stand_in_lost,
    paused,
    blind,
    too_long,
    baseline_burning,
    time_not_over,
    requests_missing,
    nobody_to_compare_with,
    newest_look_bad,
    stage_passed,
)
