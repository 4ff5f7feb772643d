"""What a new reading changes before anything is decided."""

from dataclasses import replace

from canary_operator.api.evidence import Split
from canary_operator.api.status import LONGEST_VERDICT, Pinned, PodSpread, Run, State
from canary_operator.core.capacity import canary_replicas
from canary_operator.core.checks.metrics import has_baseline
from canary_operator.core.checks.restarts import remembered
from canary_operator.core.chosen import has_users, is_dark
from canary_operator.core.copies import judged_copies
from canary_operator.core.evidence.judge import fold, judge
from canary_operator.core.evidence.spread import allowance
from canary_operator.core.plan import terms
from canary_operator.core.questions import JUDGED
from canary_operator.core.stage_clock import blind_since, freeze, thaw
from canary_operator.core.world import CanaryFacts, Endpoints, Fault, Missing, Reading, Route, World


def look(world: World) -> World:
    """Count the newest reading into the run's evidence, and remember since when the canary has no endpoint."""
    run = world.status.run
    if run is not None and world.status.state is State.STANDING_IN:
        return replace(world, status=world.status.model_copy(update={"run": _watch_endpoints(world, run)}))
    if run is None or run.outcome is not None or world.status.state not in JUDGED:
        return world
    run = remembered(_watch_endpoints(world, run), world)
    if isinstance(world.reading, Reading):
        run = _fold(world, world.reading, run)
    judgement = judge(run.evidence, terms(run)) if run.pinned is not None else None
    if judgement is not None and judgement.harm and not run.breach and world.status.state is not State.PROMOTING:
        run = run.model_copy(update={"breach": judgement.sentence[:LONGEST_VERDICT]})
    return replace(world, status=world.status.model_copy(update={"run": run}), judgement=judgement)


def _fold(world: World, reading: Reading, run: Run) -> Run:
    if run.pinned is None:
        run = _pin(run, reading, world.endpoints)
    elif not run.evidence.sources:
        run = _pin_rhythm(run, run.pinned, reading)
    clean_from = None
    judged = has_users(run) or judged_copies(run) is not None
    if run.pinned is not None and judged and run.weight_changed_at is not None and not _taken(world, run):
        clean_from = run.weight_changed_at + reading.skew + run.pinned.settle
    alone = run.weight == 1
    evidence = fold(run.evidence, reading.sample, terms(run), clean_from=clean_from, has_baseline=not alone)
    if not isinstance(world.route, Route) or world.route.faults or not world.route.is_at(run.weight):
        evidence = evidence.model_copy(update={"split": Split()})
    good = evidence.at != run.evidence.at and (alone or has_baseline(reading))
    staged = world.status.state is State.STAGED
    if good and staged and (since := blind_since(run, world.now)) is not None:
        run = thaw(freeze(run, since), world.now)
    looked_at = world.now if good or (run.looked_at is None and not staged) else run.looked_at
    return run.model_copy(update={"evidence": evidence, "looked_at": looked_at})


def _pin(run: Run, reading: Reading, endpoints: object) -> Run:
    """What was measured when the run began holds for all of it: never from looks that it will judge."""
    pods = None if reading.pods is None else _allowed(reading.pods, _fewest_pods(run, endpoints))
    pinned = Pinned(scrape=reading.scrape, settle=reading.settle, boundaries=reading.boundaries, pods=pods)
    return run.model_copy(update={"pinned": pinned, "evidence": run.evidence.model_copy(update={"phi": reading.phi})})


def _pin_rhythm(run: Run, pinned: Pinned, reading: Reading) -> Run:
    """Others count from now on. They are scraped at times of their own; all that is judged stays as it was measured."""
    update = {"scrape": reading.scrape, "settle": reading.settle}
    return run.model_copy(update={"pinned": pinned.model_copy(update=update)})


def _allowed(spread: PodSpread, canary: int) -> PodSpread:
    return spread.model_copy(update={"margin": round(allowance(spread.tau, canary, spread.pods), 3)})


def _fewest_pods(run: Run, endpoints: object) -> int:
    """Of the canary, in any stage that is compared: the fewer they are, the more chance there is in which they are."""
    if not run.base_replicas and isinstance(endpoints, Endpoints):
        return endpoints.canary
    least = min(stage.load for stage in run.plan.stages if not is_dark(stage))
    return canary_replicas(run.base_replicas, least)


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
