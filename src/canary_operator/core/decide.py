"""The decision: look at the world, find what is new, order what follows, write it down. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from canary_operator.api import reasons
from canary_operator.api.status import Hold, Run, State, Status, WorkloadStatus
from canary_operator.core.actions import Action, Announce, Record
from canary_operator.core.arms import by_place, by_role
from canary_operator.core.checks import CHECKS
from canary_operator.core.checks.running import nowhere_to_go
from canary_operator.core.conditions import conditions
from canary_operator.core.due import next_due
from canary_operator.core.findings import Finding, first
from canary_operator.core.looks import look
from canary_operator.core.moves import MOVES, Move
from canary_operator.core.recognise import recognise
from canary_operator.core.saving import must_save, saved_now
from canary_operator.core.shown import shown
from canary_operator.core.stage_clock import blind_since, freeze, rewound, thaw
from canary_operator.core.transitions import ENDINGS, Event
from canary_operator.core.verbs import hear
from canary_operator.core.world import DeploymentFacts, World


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now, what is known then, and when to look again."""

    actions: tuple[Action, ...]
    status: Status
    finding: Finding
    next_due: datetime | None
    learnt: Status
    """What the look alone has taught; it stays true whatever becomes of the actions."""


def decide(world: World) -> Decision:
    """One transition at most; deciding twice about the same world gives the same answer."""
    world = look(recognise(by_role(_by_our_clock(world))))
    finding = nowhere_to_go(world, first(CHECKS[world.status.state], world))
    if finding.event not in ENDINGS and (heard := hear(world)) is not None:
        actions, status = heard
        return _conclude(world, finding, Move(actions, status), learnt=world.status)
    timed = _keep_time(world, finding)
    return _conclude(timed, finding, MOVES[finding.event](timed, finding), learnt=world.status)


def _by_our_clock(world: World) -> World:
    """The times in a status that another process wrote, as this one would have written them."""
    run = world.status.run
    if run is None or (moved := rewound(run, world.now)) is run:
        return world
    return replace(world, status=world.status.model_copy(update={"run": moved}))


def _conclude(world: World, finding: Finding, move: Move, *, learnt: Status) -> Decision:
    """The status as people read it, recorded only when somebody would care."""
    status = _described(world, finding, move.status)
    told = (*move.told, *_news(world, finding))
    record = bool(move.actions or move.after) or must_save(world.saved, status, world.now)
    if record:
        status = saved_now(status, world.now)
    actions = _numbered(
        (*move.actions, *((Record(status),) if record else ()), *told, *move.after), world.saved.revision
    )
    recorded = [action.status for action in actions if isinstance(action, Record)]
    status = recorded[-1] if recorded else status
    due = next_due(world, finding, status, acted=bool(move.actions))
    return Decision(by_place(world.status, actions), status, finding, due, learnt)


def _described(world: World, finding: Finding, status: Status) -> Status:
    workload = status.workload
    if isinstance(world.deployment, DeploymentFacts):
        workload = WorkloadStatus(observed_generation=world.deployment.generation)
    seen = {
        "observed_generation": world.generation,
        "workload": workload,
        "conditions": conditions(status, finding, world.generation, world.now),
        **shown(status),
    }
    return status.model_copy(update=seen)


def _keep_time(world: World, finding: Finding) -> World:
    """A hold stops the stage's clock, and its end lets it go on.

    Whatever a stage is held for: if nobody had looked for long before, its clock stands since then.
    """
    run = world.status.run
    if run is None or (run.outcome is not None and world.status.state is not State.STANDING_IN):
        return world
    run = _held(run, finding, world.now)
    if world.status.state in {State.STAGED, State.PREPARING}:
        unseen = world.status.state is State.STAGED or finding.reason in _BLIND
        since = blind_since(run, world.now) if unseen else None
        run = freeze(run, since or world.now) if _freezes(finding) else thaw(run, world.now)
    return replace(world, status=world.status.model_copy(update={"run": run}))


_BLIND = frozenset({reasons.METRICS_UNAVAILABLE, reasons.METRICS_MISSING, reasons.METRICS_STALE, reasons.READING})


def _freezes(finding: Finding) -> bool:
    """Waiting for requests, or for a person after too long a run, is not lost time of the stage."""
    return finding.event is Event.HELD and finding.reason not in {
        reasons.INSUFFICIENT_DATA,
        reasons.MAX_DURATION_EXCEEDED,
    }


def _held(run: Run, finding: Finding, now: datetime) -> Run:
    """A route that is made again ends no hold: what somebody had pulled stays pulled."""
    if finding.event is Event.ROUTE_WANTED:
        return run
    if finding.event is not Event.HELD:
        return run if run.hold is None else run.model_copy(update={"hold": None})
    since = run.hold.since if run.hold is not None and run.hold.reason == finding.reason else now
    return run.model_copy(update={"hold": Hold(reason=finding.reason, message=finding.message[:1024], since=since)})


def _news(world: World, finding: Finding) -> tuple[Announce, ...]:
    """A hold is told once, when it begins; so is a status that had to be begun anew."""
    known = next((condition for condition in world.status.conditions if condition.type == "Ready"), None)
    news = []
    if known is not None and known.reason == reasons.CORRUPT_STATUS:
        news.append(Announce(known.reason, known.message, warning=True))
    if finding.event is Event.HELD and (known is None or finding.reason != known.reason):
        news.append(Announce(finding.reason, finding.message, warning=True))
    return tuple(news)


def _numbered(actions: tuple[Action, ...], written: int) -> tuple[Action, ...]:
    """Each record carries the number of the write that it will be."""
    numbered: list[Action] = []
    for action in actions:
        if isinstance(action, Record):
            written += 1
            numbered.append(Record(action.status.model_copy(update={"revision": written})))
        else:
            numbered.append(action)
    return tuple(numbered)
