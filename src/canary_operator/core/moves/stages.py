"""Going up: the intent is recorded, then the weight written, then the status."""

from datetime import datetime, timedelta

from canary_operator.api import reasons
from canary_operator.api.quantities import format_percentage
from canary_operator.api.status import Intent, Run, State
from canary_operator.core.actions import Announce, EnsureCanary, Purpose, Record, SetWeight, Unpause
from canary_operator.core.arms import due_share
from canary_operator.core.called import everywhere
from canary_operator.core.checks.preparing import needed
from canary_operator.core.chosen import bucket_at, how, is_dark, match_service_at, matches_at
from canary_operator.core.cookies import cookies_at
from canary_operator.core.copies import copies_at, mirrors, of_what
from canary_operator.core.evidence.judge import counted_by_others, new_stage
from canary_operator.core.findings import Finding
from canary_operator.core.moves.move import NOTHING, Move, available, deadline, in_state, readable_spec, shrink_warnings
from canary_operator.core.plan import new_run, present_stage
from canary_operator.core.together import strange
from canary_operator.core.world import CanaryFacts, Route, World

MOST_OF_A_CAUSE = 900
"""Characters; so that what to do has room in the status."""


def start(world: World, finding: Finding) -> Move:
    if world.revision is None:
        raise AssertionError("a run starts only for a known revision")
    run = new_run(world.status, readable_spec(world), world.revision, _base(world), world.now)
    swapped = world.status.state is State.STANDING_IN
    run = run.model_copy(update={"prepare_by": deadline(world), "reversed": swapped, "images": world.images})
    warnings = shrink_warnings(world)
    status = in_state(world, finding, run, runs=world.status.runs + 1, retry=False)
    return Move((), status, (Announce(finding.reason, f"run {run.id}: {finding.message}"), *warnings))


def _base(world: World) -> int:
    """The pods that carry the traffic now; a canary that stands in for stable may have lost some this very moment."""
    if world.status.state is not State.STANDING_IN:
        return available(world)
    ready = world.canary.ready if isinstance(world.canary, CanaryFacts) else 0
    return max(ready, world.run.base_replicas)


def ensure_canary(world: World, finding: Finding) -> Move:
    """Its time to get ready begins when it is asked for, however long that was not possible."""
    action = EnsureCanary(world.run.revision, needed(world))
    asked = world.run.model_copy(update={"prepare_by": deadline(world)})
    return Move((action,), in_state(world, finding, asked))


def give_traffic(world: World, finding: Finding) -> Move:
    """The stage begins: intent, weight, status."""
    run, weight = world.run, present_stage(world.run).weight
    noted = _noted(world, Intent(weight=weight, stage=run.stage))
    staged = staged_run(run, world.now)
    share = f"run {run.id}: stage {run.stage} of {len(run.plan.stages)}"
    gets = of_what(run.plan, present_stage(run)) or f"{format_percentage(weight)}{how(run.plan, weight)}{_where(world)}"
    told = (Announce(reasons.STAGE_STARTED, f"{share}: the canary gets {gets}"),)
    return Move((*noted, raised(world, staged)), in_state(world, finding, staged), told)


def _where(world: World) -> str:
    return everywhere(world.route) if isinstance(world.route, Route) else ""


def _noted(world: World, intent: Intent) -> tuple[Record, ...]:
    """Once: while the route can't be written, the same intent is not recorded at each attempt."""
    run, saved = world.run, world.saved.run
    if saved is not None and (saved.id, saved.intent) == (run.id, intent):
        return ()
    return (Record(world.status.model_copy(update={"run": run.model_copy(update={"intent": intent})})),)


def staged_run(run: Run, now: datetime) -> Run:
    """The run once its stage's weight stands in the route. Warm-up lengthens the first stage with traffic."""
    stage = present_stage(run)
    warmup = timedelta() if run.evidence.warm or is_dark(stage) else run.plan.analysis.warmup
    matched = bool(matches_at(run.plan, stage.weight))
    changed = (run.weight, run.matched, run.mirror) != (stage.weight, matched, stage.mirror)
    return run.model_copy(
        update={
            "weight": stage.weight,
            "matched": matched,
            "mirror": stage.mirror,
            "weight_changed_at": now if changed else run.weight_changed_at,
            "carries_since": run.carries_since or now,
            "intent": None,
            "ends_at": now + warmup + stage.duration,
            "prepare_by": None,
            "frozen_since": None,
            "thawed_at": now,
            "reapply": False,
            "reapplied": 0,
            "promote": False,
            "looked_at": now if run.looked_at is None else run.looked_at,
            "evidence": new_stage(run.evidence, after_dark=_after_dark(run)),
        }
    )


def _after_dark(run: Run) -> bool:
    return run.stage > 1 and is_dark(run.plan.stages[run.stage - 2])


def write_again(world: World, finding: Finding) -> Move:
    """Somebody's edit of the weight is overwritten because a person asked for it, or `onDrift` says so.

    Testers have the canary where they had it: one that was withdrawn for want of pods is withdrawn from them too.
    """
    run = world.run
    asked = 0 if run.reapply else 1
    written = {"reapply": False, "reapplied": run.reapplied + asked, "weight_changed_at": world.now}
    told = (Announce(finding.reason, finding.message, warning=True),) if asked else ()
    order = raised(world, run.model_copy(update={"weight": due_share(world.status)}))
    return Move((order,), in_state(world, finding, run.model_copy(update=written)), told)


def withdraw(world: World, finding: Finding) -> Move:
    """No pod, a route gone or not obeyed: the traffic is on stable, and the same stage is prepared again.

    Where somebody else had set the weight, or taken a route away, nobody but a person raises it again; one who has
    asked for that is heard.
    """
    run = world.run
    order = SetWeight(NOTHING, Purpose.STAGE, run.id, run.stage)
    ours = isinstance(world.route, Route) and not world.route.faults and not strange(world.route, run)
    why = None if run.paused or ours or run.reapply else until_resumed(finding.message)
    waiting = withdrawn_run(run, world.now, prepare_by=deadline(world), why=why)
    told = Announce(finding.reason, why or finding.message, warning=True)
    return Move((order,), in_state(world, finding, waiting), (told,))


def until_resumed(cause: str) -> str:
    """What a person reads who is to say when the canary gets traffic again."""
    then = "with that mended annotate resume=true to begin the stage anew"
    return f"the traffic was given back to stable: {cause[:MOST_OF_A_CAUSE]}; {then}"


def withdrawn_run(run: Run, now: datetime, *, prepare_by: datetime, why: str | None) -> Run:
    """The run once its canary has no traffic and must get ready again; `why` a person must say when it has again."""
    return run.model_copy(
        update={
            "weight": NOTHING,
            "matched": False,
            "mirror": None,
            "weight_changed_at": now,
            "intent": None,
            "unready_since": None,
            "reapply": False,
            "paused": run.paused or why is not None,
            "paused_for": run.paused_for if why is None else why,
            "prepare_by": prepare_by,
            "ends_at": None,
        }
    )


def prepare_next(world: World, finding: Finding) -> Move:
    run = world.run
    verified = run.verified and not finding.message.startswith("not verified")
    ahead = run.model_copy(update={"stage": run.stage + 1})
    evidence = counted_by_others(run.evidence) if mirrors(run) and not mirrors(ahead) else run.evidence
    following = ahead.model_copy(
        update={
            "evidence": evidence,
            "promote": False,
            "reapply": False,
            "prepare_by": deadline(world),
            "frozen_since": None,
            "verified": verified,
            "base_replicas": max(run.base_replicas, available(world)),
        }
    )
    return Move((), in_state(world, finding, following))


def begin_promotion(world: World, finding: Finding) -> Move:
    cleared = {"promote": False, "reapply": False, "frozen_since": None}
    run = world.run.model_copy(update={**cleared, "prepare_by": deadline(world)})
    return Move((), in_state(world, finding, run), (Announce(reasons.PROMOTING, f"run {run.id}: {finding.message}"),))


def unpause(world: World, finding: Finding) -> Move:
    """The point of no return: the act first, because only the act itself makes it true."""
    revision = world.revision or world.run.revision
    run = world.run.model_copy(update={"unpaused": True, "prepare_by": deadline(world)})
    told = (Announce(finding.reason, finding.message),)
    return Move((Unpause(revision),), in_state(world, finding, run), told)


def raised(world: World, after: Run) -> SetWeight:
    """What the run says then, over the share that this decision saw, and over no other."""
    run, weight = world.run, after.weight
    seen = world.route if isinstance(world.route, Route) else None
    return SetWeight(
        weight,
        Purpose.STAGE,
        run.id,
        run.stage,
        decided_on=None if seen is None else seen.share,
        apart=() if seen is None else tuple((one.name, one.share) for one in seen.strays(seen.share)),
        lost=() if seen is None else seen.lost,
        matches=matches_at(run.plan, weight) if after.matched else (),
        match_service=match_service_at(run.plan, weight),
        bucket=bucket_at(run.plan, weight),
        cookies=cookies_at(run.plan, run.id, weight),
        copies=copies_at(run.plan, after.mirror),
    )
