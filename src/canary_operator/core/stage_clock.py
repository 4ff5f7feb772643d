"""The stage's clock: it stands still while nobody judges, and a restart neither shortens nor repeats a stage.

Its times are wall-clock times, which one process writes and another one reads by a clock of its own.
"""

from datetime import datetime, timedelta

from canary_operator.api.status import Run

BLIND_AFTER_LOOKS = 3
CLOCKS_DIFFER = timedelta(seconds=5)
"""So much two machines may disagree without it being worth a word."""
_PAST = (
    "started_at",
    "weight_changed_at",
    "carries_since",
    "pods_at",
    "looked_at",
    "frozen_since",
    "thawed_at",
    "endpoints_at",
    "unready_since",
    "saved_at",
)
_TO_COME = ("prepare_by", "ends_at", "drain_until")


def look_span(run: Run) -> timedelta | None:
    """Time between two looks; None before the metrics were measured."""
    if run.pinned is None:
        return None
    return run.pinned.scrape * run.plan.analysis.scrapes_per_look


def blind_since(run: Run, now: datetime) -> datetime | None:
    """Since when no good look was taken, if that is longer than three looks."""
    span = look_span(run)
    if span is None or run.looked_at is None:
        return run.weight_changed_at or run.started_at
    return run.looked_at if now - run.looked_at > BLIND_AFTER_LOOKS * span else None


def freeze(run: Run, since: datetime) -> Run:
    """Stop the clock; a clock that stands already keeps its earlier mark.

    No time is counted twice: what one hold stood still is not counted again as blindness that began in it.
    """
    if run.frozen_since is not None:
        return run
    return run.model_copy(update={"frozen_since": since if run.thawed_at is None else max(since, run.thawed_at)})


def thaw(run: Run, now: datetime) -> Run:
    """Let the clock go on: what was to end moves by as long as it stood."""
    if run.frozen_since is None:
        return run
    stood = now - run.frozen_since
    moved = {name: moment + stood for name in ("ends_at", "prepare_by") if (moment := getattr(run, name)) is not None}
    return run.model_copy(update={**moved, "frozen_since": None, "thawed_at": now})


def stage_end(run: Run, now: datetime) -> datetime | None:
    """When the stage's time is over, with the time that its clock has stood still so far."""
    return thaw(run, now).ends_at


def rewound(run: Run, now: datetime) -> Run:
    """A past that lies in the future was written by a clock ahead of ours: every time of the run moves back by that.

    Else what was to end in a minute would end in an hour and a minute, and until then nothing would count as late.
    """
    past = [moment for name in _PAST if (moment := getattr(run, name)) is not None]
    ahead = max(past) - now
    if ahead <= CLOCKS_DIFFER:
        return run
    times = {name: moment for name in (*_PAST, *_TO_COME) if (moment := getattr(run, name)) is not None}
    return run.model_copy(update={name: moment - ahead for name, moment in times.items()})
