"""Read this first: one pass over one rollout.

Look at the world, decide in pure code, perform the decision. Writing the status down is itself one of the actions, in
its place in their order: before a weight rises (the intent) and after it, but only after a weight has fallen.
"""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from canary_operator.api import reasons
from canary_operator.api.status import Status
from canary_operator.core.actions import Action
from canary_operator.core.decide import Decision, decide
from canary_operator.core.refusals import explain
from canary_operator.errors import InvalidCanary, Refused, Unavailable
from canary_operator.ports import Ports
from canary_operator.reconcile.execute import execute
from canary_operator.reconcile.observe import observe
from canary_operator.reconcile.rollout import Rollout

__all__ = ["Decision", "Learn", "Rollout", "reconcile"]

Learn = Callable[[Status], object]
"""Keeps a working copy in memory."""


async def reconcile(rollout: Rollout, ports: Ports, now: datetime, learn: Learn) -> Decision:
    """Conflict: run again at once. Unavailable or InvalidCanary: run again soon; a refusal is said in the status.

    `learn` gets the working copy with this look in it before anything is done: looks add up, and harm is found, also
    while nothing can be written down.
    """
    world = await observe(rollout, ports, now)
    decision = decide(world)
    learn(decision.learnt)
    done: list[Action] = []
    try:
        await execute(decision.actions, rollout, ports, done)
    except (InvalidCanary, Refused) as refusal:
        reason = refusal.reason if isinstance(refusal, InvalidCanary) else reasons.WRITE_REFUSED
        with contextlib.suppress(Unavailable):
            seen = replace(world, status=decision.learnt)
            await execute(explain(seen, done, reason, str(refusal)), rollout, ports, done)
        raise
    return decision
