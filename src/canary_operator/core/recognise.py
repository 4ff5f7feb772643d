"""After an interruption: what the route says was done is done."""

from dataclasses import replace

from canary_operator.api.rollout import Spec
from canary_operator.api.status import Run, State
from canary_operator.core.actions import Purpose
from canary_operator.core.moves.move import deadline
from canary_operator.core.moves.stages import staged_run, withdrawn_run
from canary_operator.core.plan import present_stage
from canary_operator.core.world import Route, World


def recognise(world: World) -> World:
    """A weight that was intended and stands in the route was written; only the note of it was lost."""
    run = world.status.run
    if run is not None and world.status.state is State.STAGED and _was_withdrawn(world, run):
        changes = {"run": withdrawn_run(run, world.now, prepare_by=deadline(world)), "state": State.PREPARING}
        return replace(world, status=world.status.model_copy(update=changes))
    if run is None or run.intent is None or world.status.state is not State.PREPARING:
        return world
    match world.route:
        case Route(record=record) if (
            record is not None
            and record.purpose is Purpose.STAGE
            and (record.run, record.stage) == (run.id, run.stage)
            and record.weight == run.intent.weight == present_stage(run).weight
        ):
            changes = {"run": staged_run(run, world.now), "state": State.STAGED}
            return replace(world, status=world.status.model_copy(update=changes))
    return world


def _was_withdrawn(world: World, run: Run) -> bool:
    """Our own weight 0 of this run, for want of pods: nobody else pulled the traffic."""
    match world.route:
        case Route(share=0, record=record) if record is not None and isinstance(world.spec, Spec):
            return run.weight > 0 and (record.run, record.purpose) == (run.id, Purpose.STAGE) and record.weight == 0
    return False
