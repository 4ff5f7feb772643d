"""The canary's pods stand in for stable, and give its traffic back to it."""

from canary_operator.api import reasons
from canary_operator.api.status import Outcome
from canary_operator.core.actions import Announce, Purpose, SetWeight
from canary_operator.core.findings import Finding
from canary_operator.core.moves.endings import emptied, past
from canary_operator.core.moves.move import NOTHING, Move, deadline, in_state
from canary_operator.core.world import World


def stand_in(world: World, finding: Finding) -> Move:
    """The run ends where it is: its revision is stable now, and no weight changes."""
    ended = {"outcome": Outcome.PROMOTED, "reason": reasons.PROMOTED, "message": finding.message[:1024]}
    told = (Announce(reasons.PROMOTED, f"run {world.run.id}: {finding.message}"),)
    return _stands_in(world, finding, told, **ended)


def take_back(world: World, finding: Finding) -> Move:
    """The reversed run is over; the Deployment may roll to something else, off traffic."""
    return _stands_in(world, finding, ())


def release(world: World, finding: Finding) -> Move:
    """Stable is as the canary is: the weight, then the note, then the canary goes as after any promotion."""
    run = world.run
    order = SetWeight(NOTHING, Purpose.RELEASE, run.id, run.stage)
    given = emptied(world, run, had_traffic=True).model_copy(update={"hold": None})
    return Move((order,), in_state(world, finding, given), (Announce(finding.reason, finding.message),))


def _stands_in(world: World, finding: Finding, told: tuple[Announce, ...], **ended: object) -> Move:
    """The run becomes history and is kept: capacity, drain and deadline are in it."""
    fresh = {
        "prepare_by": deadline(world),
        "unready_since": None,
        "frozen_since": None,
        "ends_at": None,
        "drain_until": None,
        "hold": None,
        "promote": False,
        "reapply": False,
    }
    run = world.run.model_copy(update=fresh | ended)
    return Move((), in_state(world, finding, run).model_copy(update=past(world, run)), told)
