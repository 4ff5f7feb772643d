"""Act: perform the actions in order. The first that fails ends the pass; the next pass decides anew."""

from typing import assert_never

from canary_operator.core.actions import (
    Abandon,
    Action,
    AddFinalizer,
    Adopt,
    Announce,
    EnsureCanary,
    MakeRoutes,
    Pause,
    Record,
    RemoveCanary,
    RemoveFinalizer,
    RemoveVerb,
    RestoreRoute,
    SetWeight,
    Unpause,
)
from canary_operator.ports import Ports
from canary_operator.reconcile.rollout import Rollout, target_of


async def execute(actions: tuple[Action, ...], rollout: Rollout, ports: Ports, done: list[Action]) -> None:
    """Errors come as they are from the port that met them; `done` then tells what took effect before."""
    for action in actions:
        await perform(action, rollout, ports)
        done.append(action)


async def perform(action: Action, rollout: Rollout, ports: Ports) -> None:
    match action:
        case Record(status=status):
            await ports.journal.record(rollout, status)
        case SetWeight():
            await ports.traffic.set_weight(target_of(rollout), action)
        case MakeRoutes():
            await ports.traffic.make(target_of(rollout), action)
        case RestoreRoute():
            await ports.traffic.restore(target_of(rollout))
        case AddFinalizer():
            await ports.journal.set_finalizer(rollout, present=True)
        case RemoveFinalizer():
            await ports.journal.set_finalizer(rollout, present=False)
        case RemoveVerb():
            await ports.journal.remove_verb(rollout, action)
        case Announce():
            await ports.journal.announce(rollout, action)
        case Adopt() | Abandon() | Pause() | Unpause() | EnsureCanary() | RemoveCanary():
            await ports.workloads.perform(target_of(rollout), action)
        case _:
            assert_never(action)
