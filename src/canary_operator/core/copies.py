"""Stages in which the canary gets copies of requests: nobody sees what it answers, and its pods alone count them."""

from fractions import Fraction

from canary_operator.api.model import Model
from canary_operator.api.quantities import Share, format_percentage
from canary_operator.api.rollout import Stage
from canary_operator.api.status import Plan, Run
from canary_operator.core.plan import present_stage

UNSEEN = "nobody sees its answers"
"""What people must know of a verdict on copies."""


class Copies(Model):
    """Which requests are mirrored."""

    percentage: Share
    """Of the requests that may be."""
    unsafe: bool = False
    """Of every method, not of GET and HEAD only."""


def copies_at(plan: Plan, share: Fraction | None) -> Copies | None:
    """What the route is told of a stage that mirrors this share."""
    return None if share is None else Copies(percentage=share, unsafe=plan.mirror.allow_unsafe)


def mirrors(run: Run) -> bool:
    """The stage that runs, or is being prepared, is about copies."""
    return present_stage(run).mirror is not None


def judged_copies(run: Run) -> Fraction | None:
    """The share that is mirrored by our last word, while its copies are what is judged."""
    return run.mirror if mirrors(run) else None


def of_what(plan: Plan, stage: Stage) -> str:
    """What is mirrored, for a person; empty where nothing is."""
    if stage.mirror is None:
        return ""
    which = "of any method" if plan.mirror.allow_unsafe else "that are GET or HEAD"
    return f"copies of {format_percentage(stage.mirror)} of the requests {which} ({UNSEEN})"
