"""What the route says was done is done: by us before an interruption, or by somebody else meanwhile."""

from dataclasses import replace

from canary_operator.api.rollout import Spec
from canary_operator.api.status import Run, State, Status
from canary_operator.core.arms import due_share
from canary_operator.core.chosen import carries
from canary_operator.core.moves.move import deadline
from canary_operator.core.moves.stages import staged_run, until_resumed, withdrawn_run
from canary_operator.core.together import given, withdrawn
from canary_operator.core.verbs import held_for_drift
from canary_operator.core.world import Missing, Problem, Route, World

_WITHDRAWN_IN = frozenset({State.PREPARING, State.STAGED, State.PROMOTING})


def recognise(world: World) -> World:
    """A weight that was intended and stands in the route was written; only the note of it was lost."""
    run, state = world.status.run, world.status.state
    if run is None:
        return world
    if state in _WITHDRAWN_IN and _was_withdrawn(world, run):
        cause = None if run.paused else _cause(world, run)
        why = None if cause is None else until_resumed(cause)
        return _with(world, withdrawn_run(run, world.now, prepare_by=deadline(world), why=why), State.PREPARING)
    if state is State.PREPARING and _was_given(world, run):
        return _with(world, staged_run(run, world.now), State.STAGED)
    if run.reapply and isinstance(world.route, Route) and _as_due(world.status, world.route):
        return _with(world, run.model_copy(update={"reapply": False}), state)
    return world


def _as_due(status: Status, route: Route) -> bool:
    return route.is_at(due_share(status))


def _with(world: World, run: Run, state: State) -> World:
    return replace(world, status=world.status.model_copy(update={"run": run, "state": state}))


def _was_given(world: World, run: Run) -> bool:
    """The weight of the stage that is being prepared, as it was intended, wherever there is a route."""
    match world.route:
        case Route(faults=(), each=parts):
            return all(given(one, run) for one in parts)
    return False


def _was_withdrawn(world: World, run: Run) -> bool:
    match world.route:
        case Route(each=parts) if isinstance(world.spec, Spec):
            return carries(run) and all(withdrawn(one, run) for one in parts)
    return False


def _cause(world: World, run: Run) -> str | None:
    """Why a person is to say when it goes on; None where it goes on by itself."""
    match world.route:
        case Route(faults=(Problem(message=message), *_)):
            return message
        case Route(faults=(Missing(what=what), *_)):
            return f"{what} does not exist any more"
    if run.reapply or held_for_drift(run):
        return "somebody had changed the route" if run.hold is None else run.hold.message
    return None
