"""What a new reading changes before anything is decided."""

from dataclasses import replace

from canary_operator.api.status import Pinned, Run, State
from canary_operator.core.checks.metrics import has_baseline
from canary_operator.core.evidence.judge import fold, judge
from canary_operator.core.plan import terms
from canary_operator.core.questions import JUDGED
from canary_operator.core.stage_clock import blind_since, freeze, thaw
from canary_operator.core.world import CanaryFacts, Endpoints, Fault, Missing, Reading, World


def look(world: World) -> World:
    """Count the newest reading into the run's evidence, and remember since when the canary has no endpoint."""
    run = world.status.run
    if run is not None and world.status.state is State.STANDING_IN:
        return replace(world, status=world.status.model_copy(update={"run": _watch_endpoints(world, run)}))
    if run is None or run.outcome is not None or world.status.state not in JUDGED:
        return world
    run = _watch_endpoints(world, run)
    if isinstance(world.reading, Reading):
        run = _fold(world, world.reading, run)
    judgement = judge(run.evidence, terms(run)) if run.pinned is not None else None
    return replace(world, status=world.status.model_copy(update={"run": run}), judgement=judgement)


def _fold(world: World, reading: Reading, run: Run) -> Run:
    if run.pinned is None:
        run = _pin(run, reading)
    clean_from = None
    if run.pinned is not None and run.weight > 0 and run.weight_changed_at is not None and not _taken(world, run):
        clean_from = run.weight_changed_at + reading.skew + run.pinned.settle
    alone = run.weight == 1
    evidence = fold(run.evidence, reading.sample, terms(run), clean_from=clean_from, has_baseline=not alone)
    good = evidence.at != run.evidence.at and (alone or has_baseline(reading))
    staged = world.status.state is State.STAGED
    if good and staged and (since := blind_since(run, world.now)) is not None:
        run = thaw(freeze(run, since), world.now)
    looked_at = world.now if good or (run.looked_at is None and not staged) else run.looked_at
    return run.model_copy(update={"evidence": evidence, "looked_at": looked_at})


def _pin(run: Run, reading: Reading) -> Run:
    """What was measured when the run began holds for all of it: never from looks that it will judge."""
    pinned = Pinned(scrape=reading.scrape, settle=reading.settle, boundaries=reading.boundaries)
    return run.model_copy(update={"pinned": pinned, "evidence": run.evidence.model_copy(update={"phi": reading.phi})})


def _taken(world: World, run: Run) -> bool:
    """Nobody is there to answer, and no pod says that the release is to blame: it can't be judged by that.

    Callers get a 503 before any pod then. Where a container of it has broken, those are its own failures.
    """
    if run.unready_since is None or run.reversed:
        return False
    match world.canary:
        case CanaryFacts(ready=0, trouble=trouble):
            return trouble is None or trouble.fault is Fault.CLUSTER
    return isinstance(world.canary, Missing)


def _watch_endpoints(world: World, run: Run) -> Run:
    if isinstance(world.endpoints, Endpoints):
        run = run.model_copy(update={"endpoints_at": world.now})
    match world.endpoints:
        case Endpoints(canary=0) if run.unready_since is None:
            return run.model_copy(update={"unready_since": world.now})
        case Endpoints(canary=canary) if canary > 0 and run.unready_since is not None:
            return run.model_copy(update={"unready_since": None})
    return run
