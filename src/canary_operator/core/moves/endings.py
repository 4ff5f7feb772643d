"""Going down: the weight first, then everything else."""

from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.api.status import HISTORY, Outcome, PastRun, Run
from canary_operator.core.actions import Action, Announce, Purpose, RemoveCanary, RemoveVerb, RestoreRoute, SetWeight
from canary_operator.core.arms import WHOLE, is_past
from canary_operator.core.chosen import carries
from canary_operator.core.findings import Finding
from canary_operator.core.moves.move import NOTHING, Move, in_state, readable_spec
from canary_operator.core.plan import new_run
from canary_operator.core.transitions import Event
from canary_operator.core.world import Route, World

OUTCOMES = {
    Event.HARMED: Outcome.ROLLED_BACK,
    Event.OVERDUE: Outcome.ROLLED_BACK,
    Event.STARVED: Outcome.ROLLED_BACK,
    Event.ABORTED: Outcome.ABORTED,
    Event.SUPERSEDED: Outcome.SUPERSEDED,
    Event.BYPASSED: Outcome.BYPASSED,
    Event.ROLLED_OUT: Outcome.PROMOTED,
}


def end(world: World, finding: Finding) -> Move:
    """The first write takes the traffic away; everything else comes after."""
    run, outcome = world.run, OUTCOMES[finding.event]
    had_traffic = carries(run) or (isinstance(world.route, Route) and world.route.feeds)
    ended = emptied(world, run, had_traffic=had_traffic).model_copy(
        update={"outcome": outcome, "reason": finding.reason, "message": finding.message[:1024], "hold": None}
    )
    bad = outcome in {Outcome.ROLLED_BACK, Outcome.ABORTED, Outcome.BYPASSED}
    told = (Announce(str(outcome), f"run {run.id}: {finding.message}", warning=bad),)
    abort = world.verbs.get("abort") if finding.event is Event.ABORTED else None
    after = (RemoveVerb("abort", abort),) if abort is not None else ()
    order = _take_traffic(run, outcome, WHOLE if run.reversed and outcome is Outcome.PROMOTED else NOTHING)
    return Move(order if had_traffic else (), in_state(world, finding, ended), told, after)


def take_traffic(world: World, finding: Finding) -> Move:
    run = world.status.run
    if run is None:
        order = SetWeight(NOTHING, Purpose.ROLL_BACK, _record_run(world), 0)
        return Move((order,), in_state(world, finding))
    unjudged = finding.reason == reasons.NOT_ANALYSED
    told = (Announce(finding.reason, finding.message, warning=True),) if unjudged else ()
    status = in_state(world, finding, emptied(world, run, had_traffic=True))
    return Move(_take_traffic(run, run.outcome, NOTHING), status, told)


def tidy(world: World, finding: Finding) -> Move:
    return Move((RestoreRoute(), RemoveCanary()), in_state(world, finding))


def finish(world: World, finding: Finding) -> Move:
    """The run becomes history, where it is not yet."""
    known = {} if is_past(world.status) else past(world, world.run)
    return Move((), in_state(world, finding).model_copy(update={**known, "run": None}))


def past(world: World, run: Run) -> dict[str, object]:
    """What the status says from now on about a run that has ended."""
    status = world.status
    outcome = run.outcome or Outcome.ABORTED
    ended = PastRun(
        id=run.id,
        revision=run.revision,
        images=run.images,
        outcome=outcome,
        reason=run.reason or str(outcome),
        message=(run.message or "")[:512],
        started_at=run.started_at,
        ended_at=world.now,
    )
    stable: dict[str, object] = {}
    if outcome is Outcome.PROMOTED:
        stable = {"stable_revision": run.revision, "stable_images": run.images}
    elif outcome is Outcome.BYPASSED:
        stable = {"stable_revision": None, "stable_images": None}
    return {
        **stable,
        "last_revision": run.revision,
        "last_outcome": outcome,
        "history": (ended, *status.history)[:HISTORY],
    }


def clean_leftover(world: World, finding: Finding) -> Move:
    """Nobody knows the run any more: take the traffic back and tidy up after it."""
    if not isinstance(world.route, Route) or world.route.record is None:
        raise AssertionError("a leftover is a record on the route")
    record = world.route.record
    plan_of_nobody = new_run(world.status, readable_spec(world), world.revision or record.run, 0, world.now)
    lost = emptied(world, plan_of_nobody, had_traffic=True).model_copy(
        update={
            "id": record.run,
            "stage": 1,
            "outcome": Outcome.ABORTED,
            "reason": finding.reason,
            "message": finding.message,
        }
    )
    order = SetWeight(NOTHING, Purpose.ROLL_BACK, record.run, record.stage)
    return Move((order,), in_state(world, finding, lost), (Announce(finding.reason, finding.message, warning=True),))


def emptied(world: World, run: Run, *, had_traffic: bool) -> Run:
    until = world.now + run.plan.drain if had_traffic else run.drain_until
    return run.model_copy(
        update={"weight": NOTHING, "matched": False, "mirror": None, "intent": None, "drain_until": until}
    )


def _take_traffic(run: Run, outcome: Outcome | None, weight: Fraction) -> tuple[Action, ...]:
    """A promoted revision gives up the canary's pods; in a reversed run those are not its own."""
    purpose = Purpose.RELEASE if outcome is Outcome.PROMOTED else Purpose.ROLL_BACK
    return (SetWeight(weight, purpose, run.id, run.stage),)


def _record_run(world: World) -> str:
    return world.route.record.run if isinstance(world.route, Route) and world.route.record else ""
