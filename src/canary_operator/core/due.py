"""When to look again, if nothing happens before."""

from datetime import datetime, timedelta

from canary_operator.api.status import Run, State, Status
from canary_operator.core.findings import Finding
from canary_operator.core.questions import stable_awaited
from canary_operator.core.stage_clock import look_span
from canary_operator.core.transitions import Event
from canary_operator.core.world import CanaryFacts, Unknown, World

SOON = timedelta(milliseconds=250)
"""For what is about to change and sends no event."""
SHORTLY = timedelta(seconds=1)
_A_WHILE = timedelta(seconds=5)
SLOWLY = timedelta(seconds=10)


def next_due(world: World, finding: Finding, status: Status, *, acted: bool) -> datetime | None:
    """At once after a step; else at the next known moment, or after a pause for what nobody tells us."""
    if acted or status.state is not world.status.state or finding.event not in {Event.WAITED, Event.HELD}:
        return world.now
    moments = [world.now + pause for pause in (_pause(world, status),) if pause is not None]
    if status.run is not None:
        moments += _moments(status.run, world.now)
    return min(moments, default=None)


def _moments(run: Run, now: datetime) -> list[datetime]:
    known = (run.ends_at, run.drain_until, run.prepare_by)
    return [moment for moment in known if moment is not None and moment > now]


def _after_missed_looks(run: Run) -> timedelta:
    """Looks bring their own passes; this one is for when none comes."""
    return max(_A_WHILE, 2 * (look_span(run) or _A_WHILE))


def _pause(world: World, status: Status) -> timedelta | None:
    if any(isinstance(part, Unknown) for part in (world.route, world.deployment, world.canary)):
        return SHORTLY
    match status.state, world.canary:
        case State.OUTSIDE, _:
            return SLOWLY
        case State.PREPARING, CanaryFacts(ready=ready) if ready > 0:
            return SOON
        case State.PREPARING, _:
            return SHORTLY
        case State.STAGED, _ if status.run is not None:
            return SOON if status.run.unready_since is not None else _after_missed_looks(status.run)
        case State.PROMOTING | State.STANDING_IN, _ if status.run is not None and status.run.unready_since is not None:
            return SOON
        case State.PROMOTING | State.STANDING_IN, _ if stable_awaited(status, world.deployment):
            return SOON
        case State.PROMOTING | State.STANDING_IN | State.CLEANING | State.LEAVING, _:
            return SLOWLY
    return None
