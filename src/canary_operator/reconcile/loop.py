"""Read this first: one pass over one rollout.

Look at the world, decide in pure code, perform the decision. Writing the status down is itself one of the actions, in
its place in their order: before a weight rises (the intent) and after it, but only after a weight has fallen.
"""

from datetime import datetime

from canary_operator.core.decide import Decision, decide
from canary_operator.ports import Ports
from canary_operator.reconcile.execute import execute
from canary_operator.reconcile.observe import observe
from canary_operator.reconcile.rollout import Rollout

__all__ = ["Decision", "Rollout", "reconcile"]


async def reconcile(rollout: Rollout, ports: Ports, now: datetime) -> Decision:
    """Conflict: run again at once. Unavailable: run again soon. What was decided stands in the returned status."""
    world = await observe(rollout, ports, now)
    decision = decide(world)
    await execute(decision.actions, rollout, ports)
    return decision
