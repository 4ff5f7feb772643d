"""Making a route that is ours to make, as it would be if nobody had taken it away."""

from canary_operator.api.status import Run, State
from canary_operator.core.actions import Announce, MakeRoutes, Purpose, SetWeight
from canary_operator.core.arms import due_share, is_reversed
from canary_operator.core.chosen import carries
from canary_operator.core.findings import Finding
from canary_operator.core.moves.move import NOTHING, Move, in_state
from canary_operator.core.moves.stages import raised
from canary_operator.core.verbs import held_for_drift
from canary_operator.core.world import World


def make_routes(world: World, finding: Finding) -> Move:
    """With the weight that the run has: what users had a moment ago is neither taken from them nor given to more."""
    run, told = world.status.run, (Announce(finding.reason, finding.message, warning=_is_missed(world)),)
    if run is None:
        return Move((MakeRoutes(),), in_state(world, finding), told)
    made = run.model_copy(update={"weight_changed_at": world.now}) if carries(run) else run
    return Move((MakeRoutes(_order(world, run)),), in_state(world, finding, made), told)


def _order(world: World, run: Run) -> SetWeight | None:
    """None is as good as all traffic on stable."""
    if world.status.state is State.CLEANING:
        ended = SetWeight(NOTHING, Purpose.ROLL_BACK, run.id, run.stage)
        return ended if is_reversed(world.status) else None
    if world.status.state is State.STANDING_IN or run.reversed or (carries(run) and not _in_doubt(run)):
        return raised(world, run.model_copy(update={"weight": due_share(world.status)}))
    return None


def _in_doubt(run: Run) -> bool:
    """Somebody had pulled the traffic, or the canary's pods may be lost: nothing rises over that."""
    return held_for_drift(run) or run.unready_since is not None


def _is_missed(world: World) -> bool:
    """Before the rollout is adopted nobody can have come by it."""
    return world.status.state is not State.OUTSIDE
