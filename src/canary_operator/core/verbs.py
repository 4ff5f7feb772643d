"""What people order by annotation: each order is acted on once.

A verb is recorded, then its annotation removed, then acted on; abort acts first. So a crash between any two of these
does nothing twice and forgets nothing.
"""

from collections.abc import Mapping
from datetime import datetime

from canary_operator.api import reasons
from canary_operator.api.status import Hold, Outcome, PendingVerb, Run, State, Status
from canary_operator.core.actions import Action, Announce, Record, RemoveVerb
from canary_operator.core.world import DeploymentFacts, World

_TOO_LATE = (
    "ended by hand when the Deployment was rolling already: traffic stays on the canary; "
    "ship another revision, or annotate resume=true to finish the promotion"
)
VERBS = ("abort", "promote", "retry", "pause", "resume")
"""In this order they are acted on when several come at once."""

_RUNNING = frozenset({State.PREPARING, State.STAGED})


def abort_wanted(world: World) -> bool:
    """A run can be aborted up to the point of no return; after it an abort is heard, and holds."""
    value = world.verbs.get("abort")
    return value is not None and why_not(world, "abort", value) is None and not _too_late(world)


def hear(world: World) -> tuple[tuple[Action, ...], Status] | None:
    """Act on the first verb that is there; None when there is none."""
    status = world.status
    if status.pending_verb is not None:
        return _finish(world, status.pending_verb)
    verb = next((verb for verb in VERBS if verb in world.verbs), None)
    if verb is None:
        return None
    value = world.verbs[verb]
    refusal = why_not(world, verb, value)
    if refusal is not None:
        ignored = Announce(reasons.VERB_IGNORED, f"{verb}={value}: {refusal}", warning=True)
        return (RemoveVerb(verb, value), ignored), status
    pending = PendingVerb.model_validate({"verb": verb, "value": value})
    noted = status.model_copy(update={"pending_verb": pending})
    actions, done = _finish(world, pending)
    return (Record(noted), *actions), done


def why_not(world: World, verb: str, value: str) -> str | None:
    """Why a verb can't be acted on now; None when it can."""
    run = world.status.run
    if verb == "retry":
        return _why_not_retry(world.status, value)
    if run is None:
        return "there is no run in progress"
    if value not in {"true", run.id}:
        return f"the run in progress is {run.id}; give that id, or true"
    return _why_not_now(world, run, verb)


def _why_not_now(world: World, run: Run, verb: str) -> str | None:
    state = world.status.state
    match verb:
        case "abort" if state in _RUNNING or state is State.PROMOTING:
            return None
        case "promote" if state is State.PROMOTING and _breached(run):
            return "harm was seen; ship a mended revision, or annotate resume=true to finish the promotion after all"
        case "promote" if state in {State.STAGED, State.PROMOTING}:
            return None
        case "promote" if state is State.STANDING_IN and world.revision == world.status.stable_revision:
            return None
        case "resume" if state in {State.PROMOTING, State.STANDING_IN}:
            return None
        case _ if state is State.STANDING_IN:
            return "the canary stands in for stable and no run is in progress; ship another revision"
        case "promote" if state is State.PREPARING:
            return "the canary is on its way to the next stage; there is no stage to end"
        case "pause" | "resume" if state in _RUNNING:
            return None
    return f"the run is {state} already"


def _why_not_retry(status: Status, value: str) -> str | None:
    if status.state not in {State.RESTING, State.STANDING_IN}:
        return "a run is in progress, or the workload is not adopted"
    if status.last_outcome not in {Outcome.ROLLED_BACK, Outcome.ABORTED}:
        return "the last run did not fail"
    if value not in {"true", *(past.id for past in status.history[:1])}:
        return "that is not the id of the last run"
    return None


def _too_late(world: World) -> bool:
    """The Deployment was let go: stable's old pods are leaving."""
    match world.deployment:
        case DeploymentFacts(paused=paused) if world.status.state is State.PROMOTING:
            return world.run.unpaused or not paused
    return False


def _breached(run: Run) -> bool:
    return run.hold is not None and run.hold.reason == reasons.PROMOTION_BREACH


def _finish(world: World, pending: PendingVerb) -> tuple[tuple[Action, ...], Status]:
    """Remove the annotation if it is still there, then let the status carry the effect."""
    removal = (RemoveVerb(pending.verb, pending.value),) if world.verbs.get(pending.verb) == pending.value else ()
    run = world.status.run
    update: dict[str, object] = {"pending_verb": None}
    if pending.verb == "retry":
        update["retry"] = True
    elif run is not None:
        update["run"] = run.model_copy(update=_effect(pending.verb, run, world.now))
    done = Announce(reasons.VERB_DONE, f"{pending.verb}={pending.value}")
    return (*removal, done), world.status.model_copy(update=update)


def _effect(verb: str, run: Run, now: datetime) -> Mapping[str, object]:
    match verb:
        case "abort":
            return {"hold": Hold(reason=reasons.PROMOTION_BREACH, message=_TOO_LATE, since=now)}
        case "pause":
            return {"paused": True}
        case "resume":
            return {"paused": False, "paused_for": None, "reapply": run.reapply or held_for_drift(run), "hold": None}
        case "promote":
            return {"promote": True}
    return {}


def held_for_drift(run: Run) -> bool:
    """Somebody else had set the weight, and nobody but a person may raise it again."""
    return run.hold is not None and run.hold.reason in {reasons.TRAFFIC_PULLED, reasons.WEIGHT_DRIFTED}
