"""What the route says was done is done: by us before an interruption, or by somebody else meanwhile."""

from dataclasses import replace

from canary_operator.api.rollout import Spec
from canary_operator.api.status import Run, State
from canary_operator.core.actions import Purpose
from canary_operator.core.arms import due_share
from canary_operator.core.moves.move import deadline
from canary_operator.core.moves.stages import staged_run, withdrawn_run
from canary_operator.core.plan import present_stage
from canary_operator.core.verbs import held_for_drift
from canary_operator.core.world import Route, World


def recognise(world: World) -> World:
    """A weight that was intended and stands in the route was written; only the note of it was lost."""
    run, state = world.status.run, world.status.state
    if run is None:
        return world
    if state is State.STAGED and _was_withdrawn(world, run):
        waiting = withdrawn_run(run, world.now, prepare_by=deadline(world), paused=_stays(run))
        return _with(world, waiting, State.PREPARING)
    if state is State.PREPARING and _was_given(world, run):
        return _with(world, staged_run(run, world.now), State.STAGED)
    if run.reapply and isinstance(world.route, Route) and world.route.share == due_share(world.status):
        return _with(world, run.model_copy(update={"reapply": False}), state)
    return world


def _with(world: World, run: Run, state: State) -> World:
    return replace(world, status=world.status.model_copy(update={"run": run, "state": state}))


def _was_given(world: World, run: Run) -> bool:
    """The weight of the stage that is being prepared, as it was intended."""
    match world.route:
        case Route(record=record) if record is not None and run.intent is not None:
            ours = (record.run, record.stage, record.purpose) == (run.id, run.stage, Purpose.STAGE)
            return ours and record.weight == run.intent.weight == present_stage(run).weight
    return False


def _was_withdrawn(world: World, run: Run) -> bool:
    """Our own weight 0 of this run, for want of pods: nobody else pulled the traffic."""
    match world.route:
        case Route(share=0, record=record) if record is not None and isinstance(world.spec, Spec):
            return run.weight > 0 and (record.run, record.purpose) == (run.id, Purpose.STAGE) and record.weight == 0
    return False


def _stays(run: Run) -> bool:
    """Whether a person is to say when it goes on."""
    return run.paused or run.reapply or held_for_drift(run)
