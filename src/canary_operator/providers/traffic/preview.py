"""What a run would write to its route, step by step: the same functions that write it, without an API server."""

from dataclasses import dataclass
from fractions import Fraction

from canary_operator.api.quantities import format_duration, format_percentage
from canary_operator.api.rollout import Stage
from canary_operator.api.status import Plan
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.chosen import bucket_at, how, match_service_at, matches_at
from canary_operator.core.cookies import cookies_at
from canary_operator.core.copies import copies_at, of_what
from canary_operator.core.plan import pinned_plan
from canary_operator.core.world import Problem
from canary_operator.ports import Target
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.kinds import kind_for
from canary_operator.providers.traffic.partly import whole

RUN = "0123456789-1"
"""Stands for the run in the route's record, which begins with the revision's name."""


@dataclass(frozen=True, slots=True)
class Step:
    """One write, and the object after it."""

    title: str
    route: Object


def preview(target: Target, live: Object) -> list[Step] | Problem:
    """The route as its owner wrote it, each stage's weight, the end; a Problem where the operator would refuse it.

    Promoted or rolled back, the route goes the same way home: all traffic to stable, then everything of ours is gone.
    """
    kind, plan = kind_for(target), pinned_plan(target.spec)
    if problem := kind.foreign(target, live):
        return problem
    original = kind.restored(kind.filled_in(live), target)
    if isinstance(original, Problem):
        return original
    steps, live = [Step("before", original)], original
    for number, stage in enumerate(target.spec.stages, start=1):
        weight = of_what(plan, stage) or f"{format_percentage(stage.weight)}{how(plan, stage.weight)}"
        title = f"stage {number} of {len(target.spec.stages)}: {weight}"
        after = whole(kind.desired(live, target, _order(plan, stage, number)))
        if isinstance(after, Problem):
            return after
        live = after
        steps.append(Step(f"{title} for {format_duration(stage.duration)}", live))
    home = SetWeight(Fraction(0), Purpose.ROLL_BACK, RUN, len(target.spec.stages))
    emptied = whole(kind.desired(live, target, home))
    ended = emptied if isinstance(emptied, Problem) else kind.restored(emptied, target)
    return ended if isinstance(ended, Problem) else [*steps, Step("the end, promoted or rolled back", ended)]


def _order(plan: Plan, stage: Stage, number: int) -> SetWeight:
    return SetWeight(
        stage.weight,
        Purpose.STAGE,
        RUN,
        number,
        matches=matches_at(plan, stage.weight),
        match_service=match_service_at(plan, stage.weight),
        bucket=bucket_at(plan, stage.weight),
        cookies=cookies_at(plan, RUN, stage.weight),
        copies=copies_at(plan, stage.mirror),
    )
