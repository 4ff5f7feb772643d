"""A canary with traffic: may the stage end?"""

from canary_operator.api import reasons
from canary_operator.core.checks.drifted import drifted
from canary_operator.core.checks.enough import (
    dark_launch_passed,
    metric_unjudged,
    nobody_to_compare_with,
    passed,
    requests_missing,
)
from canary_operator.core.checks.metrics import blind
from canary_operator.core.checks.present import (
    deleted,
    route_hindered,
    route_to_make,
    route_unusable,
    spec_unreadable,
    workload_unusable,
)
from canary_operator.core.checks.restarts import restarted, restarted_and_held
from canary_operator.core.checks.reversed import deployment_gone, stand_in_lost, unguarded
from canary_operator.core.checks.running import (
    aborted,
    canary_lost,
    escaped,
    harmed,
    leads_nowhere,
    paused,
    rollback_unfinished,
    route_lost,
    superseded,
    too_long,
    withdrawal_unfinished,
)
from canary_operator.core.checks.shares import misrouted
from canary_operator.core.chosen import is_dark
from canary_operator.core.findings import Finding
from canary_operator.core.plan import present_stage
from canary_operator.core.stage_clock import stage_end
from canary_operator.core.transitions import Event
from canary_operator.core.world import World


def promoted_by_hand(world: World) -> Finding | None:
    if world.run.promote:
        return passed(world, "ended by hand with the annotation promote")
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
        warm = run.evidence.warm or is_dark(present_stage(run))
        sentence = world.judgement.sentence if world.judgement else ""
        return Finding(Event.WAITED, reasons.STAGE_RUNNING if warm else reasons.WARMING_UP, sentence)
    return None


def bound_broken(world: World) -> Finding | None:
    """A metric that is not critical takes nothing back; it wants to be seen by a person."""
    if world.judgement is None or not world.judgement.warning:
        return None
    cure = "annotate promote=true to go on all the same, or abort=true"
    return Finding(Event.HELD, reasons.METRIC_OVER_BOUND, f"{world.judgement.warning} {cure.capitalize()}")


def newest_look_bad(world: World) -> Finding | None:
    """One look is never enough for a breach, so the next one is waited for: it is a breach, or the stage may end."""
    if world.judgement is None or not world.judgement.suspect:
        return None
    text = f"the newest look was worse than allowed, so the stage lasts until one is not: {world.judgement.sentence}"
    return Finding(Event.WAITED, reasons.STAGE_RUNNING, text)


def stage_passed(world: World) -> Finding:
    return passed(world, world.judgement.sentence if world.judgement else "")


STAGED = (
    deleted,
    spec_unreadable,
    aborted,
    harmed,
    restarted,
    superseded,
    escaped,
    rollback_unfinished,
    route_to_make,
    deployment_gone,
    workload_unusable,
    unguarded,
    route_lost,
    leads_nowhere,
    route_unusable,
    withdrawal_unfinished,
    canary_lost,
    drifted,
    promoted_by_hand,
    stand_in_lost,
    paused,
    route_hindered,
    blind,
    too_long,
    misrouted,
    baseline_burning,
    bound_broken,
    restarted_and_held,
    time_not_over,
    dark_launch_passed,
    requests_missing,
    nobody_to_compare_with,
    metric_unjudged,
    newest_look_bad,
    stage_passed,
)
