"""Somebody else changed the weight in the middle of a run: what it is called, and what is done about it."""

from canary_operator.api.quantities import format_percentage
from canary_operator.api.status import Run
from canary_operator.core.called import the_weight
from canary_operator.core.editors import advice, named
from canary_operator.core.world import Route

MOST = 5
"""So often in one stage a weight is written again by itself; whoever changes it a sixth time means it."""


def reapplies(run: Run) -> bool:
    """Whether ours is written again by itself. The change is told first, so it is never the same pass that saw it."""
    return run.plan.on_drift == "Reapply" and run.reapplied < MOST and run.hold is not None


def what_changed(run: Run, route: Route, of: Route) -> str:
    """`of` are all routes that are split, of which this is one."""
    who = named(route.editor)
    if route.share == run.weight:
        return f"{who} took away or changed {', '.join(route.lost)}"
    live, ours = the_weight(route, of), format_percentage(run.weight)
    return f"{who} set the canary's weight to {live}, we had set {ours}"


def what_to_do(run: Run, route: Route) -> str:
    again = "set it again" if route.share != run.weight else "write it again"
    asked = f"annotate resume=true to {again}, or abort=true to end the run{advice(route.editor, route.carrier)}"
    if run.plan.on_drift == "Hold":
        return asked
    if run.reapplied < MOST:
        return "it is written again, as onDrift says, when the canary's pods are known to be ready"
    return f"it was written again {MOST} times in this stage, and two fight over the route: {asked}"
