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

    `done` is what took effect before: this record is numbered after those among it.
    """
    held = Finding(Event.HELD, reason, message)
    told = conditions(world.status, held, world.generation, world.now)
    status = world.status.model_copy(update={"conditions": told})
    if not must_save(world.saved, status, world.now):
        return ()
    number = world.saved.revision + 1 + sum(isinstance(action, Record) for action in done)
    record = Record(saved_now(status, world.now).model_copy(update={"revision": number}))
    return record, Announce(reason, message, warning=True)
