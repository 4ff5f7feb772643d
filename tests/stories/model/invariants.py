"""What must be true at every write; docs/invariants.md explains each by its name."""

from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.api.status import Outcome, State, Status
from canary_operator.core.actions import (
    Abandon,
    Action,
    EnsureCanary,
    MakeRoutes,
    Record,
    RemoveCanary,
    RemoveFinalizer,
    SetWeight,
    Unpause,
)
from canary_operator.core.world import Endpoints, Reading, Route
from tests.doubles.memory import Look, MemoryCluster
from tests.stories.model.notes import BLIND_AFTER, Notes, RunNotes


def check(cluster: MemoryCluster, notes: Notes, action: Action, before: Fraction) -> None:
    """`before` is the share just before this write; everything else is as the write left it."""
    match action:
        case SetWeight() if action.weight > before or ((action.matches or action.copies) and not action.reversed):
            no_rise_after_a_breach(notes, action)
            no_traffic_without_endpoints(cluster, action)
            no_blind_advance(cluster, notes, action)
            no_unanalysed_stage(notes, action)
        case SetWeight(weight=weight) if weight < before:
            no_unanalysed_return(cluster, notes)
        case RemoveCanary():
            no_removal_under_traffic(cluster, notes, before)
            assert not cluster.matched, "the canary was removed under its testers"
            assert cluster.copies is None, "the canary was removed under its copies"
        case EnsureCanary() if cluster.canary is None:
            no_removal_under_traffic(cluster, notes, before)
        case Unpause(revision=revision):
            no_unanalysed_unpause(cluster, notes, revision)
        case Abandon():
            no_unanalysed_release(cluster, notes)
        case Record(status=status):
            no_untrue_outcome(cluster, notes, status)
            nothing_left_after_a_run(cluster, status)
        case RemoveFinalizer():
            nothing_left_after_deletion(cluster)
    shares(notes, action, before)


def shares(notes: Notes, action: Action, before: Fraction) -> None:
    match action:
        case SetWeight():
            no_foreign_share_changed(notes, action, before)
        case MakeRoutes(order=order) if order is not None:
            no_more_than_before(notes, order)


def no_rise_after_a_breach(notes: Notes, action: SetWeight) -> None:
    run = notes.run
    assert run is None or run.id != action.run or run.breached is None, f"{action} after a breach: {run.breached}"


def no_more_than_before(notes: Notes, order: SetWeight) -> None:
    """A route that is made again says what it last said, unless somebody had taken traffic from the canary."""
    assert order.weight == notes.ours, f"made with {order.weight}, and it had {notes.ours}"
    assert not notes.pulled or order.reversed or order.weight == 1, f"{order} after somebody pulled the traffic"


def no_traffic_without_endpoints(cluster: MemoryCluster, action: SetWeight) -> None:
    """In this very pass the slices said that a pod of this revision is ready."""
    told = cluster.answers.get(Look.ENDPOINTS)
    assert isinstance(told, Endpoints), f"{action} without asking for endpoints: {told}"
    assert told.canary > 0, f"{action} to nobody"


def no_removal_under_traffic(cluster: MemoryCluster, notes: Notes, before: Fraction) -> None:
    """A canary goes only when the route was seen, or written, without a share for it."""
    route = cluster.answers.get(Look.ROUTE)
    known = before if isinstance(route, Route) and route.share > 0 else notes.ours
    assert before == 0 or not cluster.route_exists or known == 0, f"the canary was removed with {before} of the traffic"


def no_blind_advance(cluster: MemoryCluster, notes: Notes, action: SetWeight) -> None:
    """A stage follows only on one that was looked at for all its time, and on metrics that answer now."""
    run = notes.run
    if run is None or run.id != action.run or "resume" in notes.asked:
        return
    told = cluster.answers.get("Reading")
    assert isinstance(told, Reading), f"{action} while the metrics said {told}"
    if run.stage and action.stage > run.stage and "promote" not in notes.asked:
        assert run.seen >= run.duration(), f"{action} after a stage of which only {run.seen} were seen"


def no_unanalysed_stage(notes: Notes, action: SetWeight) -> None:
    """Stage by stage, with the weights that were asked for when the run began."""
    run = notes.run
    assert run is not None, f"{action} without a run"
    assert run.id == action.run, f"{action} in run {run.id}"
    assert action.stage <= run.stage + 1, f"{action} after stage {run.stage}"
    planned = {run.stages[stage - 1].weight for stage in {run.stage or 1, action.stage}}
    assert action.weight in planned, f"{action} is not in the plan"


def no_unanalysed_return(cluster: MemoryCluster, notes: Notes) -> None:
    """Traffic goes to stable only while stable carries what was analysed, or what somebody else let through."""
    strangers = set(cluster.deployment.pods) - notes.trusted
    assert not cluster.deployment.exists or not strangers, f"stable carries {strangers}, analysed by nobody"


def no_unanalysed_unpause(cluster: MemoryCluster, notes: Notes, revision: str) -> None:
    """What is let go passed every stage, the last one just now; or it was trusted before."""
    if revision in notes.trusted:
        return
    run = notes.run
    assert run is not None, f"{revision} was let go without a run"
    assert run.revision == revision, f"{revision} was let go in run {run.id}"
    assert run.breached is None, f"{revision} was let go after a breach: {run.breached}"
    assert run.stage == len(run.stages), f"{revision} was let go after stage {run.stage}"
    _looked_at_just_now(cluster, notes, run)


def _looked_at_just_now(cluster: MemoryCluster, notes: Notes, run: RunNotes) -> None:
    if "promote" in notes.asked or run.looked_at is None:
        return
    assert run.seen >= run.duration(), f"{run.revision} was let go when {run.seen} of its last stage were seen"
    assert cluster.now - run.looked_at <= BLIND_AFTER, f"{run.revision} was let go blind since {run.looked_at}"


def no_unanalysed_release(cluster: MemoryCluster, notes: Notes) -> None:
    """A Deployment that is given back does not roll to what nobody analysed."""
    deployment = cluster.deployment
    fine = deployment.paused or deployment.template in notes.trusted
    assert fine, f"{deployment.template} was let go by giving the Deployment back"


def no_untrue_outcome(cluster: MemoryCluster, notes: Notes, status: Status) -> None:
    """A rollback is for what really happened; a blind judge takes nothing back."""
    run, known = status.run, notes.run
    if run is None or known is None or known.id != run.id or run.outcome is None:
        return
    truths = {
        Outcome.ROLLED_BACK: known.bad_requests > 0 if run.reason == reasons.HARM else _unready(cluster, known),
        Outcome.ABORTED: "abort" in notes.asked,
        Outcome.SUPERSEDED: known.superseded or cluster.deployment.template != run.revision,
        Outcome.BYPASSED: known.bypassed or run.revision in notes.trusted,
        Outcome.PROMOTED: known.stage == len(known.stages),
    }
    assert truths[run.outcome], f"{run.outcome} ({run.reason}) is not what happened: {run.message}"


def _unready(cluster: MemoryCluster, run: RunNotes) -> bool:
    return run.unready or not cluster.canary_starts


def no_foreign_share_changed(notes: Notes, action: SetWeight, before: Fraction) -> None:
    """What somebody else set is never raised without a person's word, and never lowered but to take all back.

    Exempt: a higher share that came between our look and our lower one.
    """
    came_between = action.decided_on != before and action.weight <= before
    if (action.weight == 0 and not action.matches and not action.copies) or "resume" in notes.asked or came_between:
        return
    assert before == notes.ours, f"{action} over {before}, which somebody else had set"
    assert not notes.pulled, f"{action} although somebody had pulled the traffic"


def nothing_left_after_a_run(cluster: MemoryCluster, status: Status) -> None:
    if status.run is None and status.state in {State.RESTING, State.OUTSIDE}:
        assert cluster.record is None, "the run is over and its record is still on the route"
        assert (cluster.matched, cluster.copies) == (False, None), (
            "the run is over and its rules are still in the route"
        )
        assert cluster.canary is None, "the run is over and its canary is still there"


def nothing_left_after_deletion(cluster: MemoryCluster) -> None:
    """Exempt: a spec that can't be read, because nobody can say any more what was ours."""
    if cluster.spec_problem is None:
        assert cluster.record is None, "the rollout is gone and its record is still on the route"
        assert (cluster.matched, cluster.copies) == (False, None), (
            "the rollout is gone and its rules are still in the route"
        )
        assert cluster.canary is None, "the rollout is gone and its canary is still there"
        assert not cluster.canary_service, "the rollout is gone and our Service is still there"
        marked = cluster.deployment.exists and cluster.deployment.adopted
        assert not marked, "the rollout is gone and its mark is still on the Deployment"
