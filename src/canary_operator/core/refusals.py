"""A write of ours was refused: say so where people look, and change nothing else."""

from collections.abc import Sequence

from canary_operator.core.actions import Action, Announce, Record
from canary_operator.core.conditions import conditions
from canary_operator.core.findings import Finding
from canary_operator.core.saving import must_save, saved_now
from canary_operator.core.transitions import Event
from canary_operator.core.world import World


def explain(world: World, done: Sequence[Action], reason: str, message: str) -> tuple[Action, ...]:
    """What to write down about it; nothing when it is written already.

    `done` is what took effect before: this record follows those among it, and keeps what they say.
    """
    held = Finding(Event.HELD, reason, message)
    recorded = [action.status for action in done if isinstance(action, Record)]
    saved = recorded[-1] if recorded else world.saved
    before = recorded[-1] if recorded else world.status
    status = before.model_copy(update={"conditions": conditions(world.status, held, world.generation, world.now)})
    if not must_save(saved, status, world.now):
        return ()
    record = Record(saved_now(status, world.now).model_copy(update={"revision": saved.revision + 1}))
    return record, Announce(reason, message, warning=True)
