"""Whether a stage whose time is over has seen enough of every metric."""

from datetime import datetime, timedelta
from fractions import Fraction

from canary_operator.api import reasons
from canary_operator.api.evidence import Tally
from canary_operator.api.quantities import format_duration
from canary_operator.api.status import Run
from canary_operator.core.called import the_shipped
from canary_operator.core.chosen import is_dark
from canary_operator.core.copies import mirrors
from canary_operator.core.evidence.gauge_words import too_few_pods
from canary_operator.core.evidence.terms import Judged, Track
from canary_operator.core.findings import Finding
from canary_operator.core.plan import is_last, present_stage, terms
from canary_operator.core.stage_clock import BLIND_AFTER_LOOKS, look_span, stage_end
from canary_operator.core.transitions import Event
from canary_operator.core.world import Reading, World

LATE = timedelta(seconds=15)
"""So much older than the newest sample of the failed requests may that of another quantity be."""


def dark_launch_passed(world: World) -> Finding | None:
    """Nobody knows how many requests a canary match will find, so a dark launch asks for none."""
    return passed(world, _told(world)) if is_dark(present_stage(world.run)) else None


def _told(world: World) -> str:
    return world.judgement.sentence if world.judgement else ""


def requests_missing(world: World) -> Finding | None:
    missing = _missing(world)
    if missing <= 0:
        return None
    text = f"{missing} of {world.run.plan.analysis.min_canary_requests} canary requests are still missing in this stage"
    if world.now < extended_until(world):
        return Finding(Event.WAITED, reasons.COLLECTING_REQUESTS, f"{text}; {_eta(world, missing)}")
    return _still_missing(world, f"{text}; {_eta(world, missing)}")


def nobody_to_compare_with(world: World) -> Finding | None:
    """A comparison without a request of the baseline says nothing; a plain limit alone may still let a stage pass."""
    run = world.run
    compares_only = all(metric.only_compares for metric in run.plan.analysis.metrics)
    if not compares_only or present_stage(run).weight == Fraction(1) or run.evidence.stage.baseline.requests > 0:
        return None
    return Finding(
        Event.HELD,
        reasons.INSUFFICIENT_DATA,
        "the baseline got no request in this stage, so there is nothing to compare with; send it traffic, "
        "give the metric a max, or annotate promote=true to go on",
    )


def metric_unjudged(world: World) -> Finding | None:
    """Every critical metric must have been seen to the end of the stage; silence of one is no word for the canary.

    Of copies only errors and latency are.
    """
    seen = {one.title for one in world.run.plan.analysis.metrics if one.sees_copies or not mirrors(world.run)}
    for one in terms(world.run).metrics if world.run.pinned is not None else ():
        if one.critical and one.name in seen and (found := _unseen(world, one)):
            return found
    return None


def _unseen(world: World, judged: Judged) -> Finding | None:
    if judged.comparison is not None and (found := _uncompared(world, judged)):
        return found
    if judged.range is not None:
        return _unnumbered(world, judged)
    if judged.comparison is not None:
        return None
    if not judged.tracks:
        text = f"{judged.name} can't be judged: the buckets of the baseline's durations before the run say too little"
        return _still_missing(world, text)
    run, tallies = world.run, {tally.key: tally for tally in world.run.evidence.more}
    for track in judged.tracks:
        seen = tallies.get(track.key) if track.key else run.evidence
        if seen is None or _stale(run, seen.at):
            return _silent(world, judged)
        if present_stage(run).weight < 1 and not _counted(track, seen):
            return _uncounted(world, judged)
    return None


def _counted(track: Track, tally: Tally) -> bool:
    """Beside a limit no baseline is needed."""
    stage = tally.stage
    return stage.canary.requests > 0 and (track.bounds.limit is not None or stage.baseline.requests > 0)


def _uncounted(world: World, judged: Judged) -> Finding:
    """Perhaps the new version does not count it any more: what nobody counts is not shown to be good."""
    text = f"{judged.name} counted nothing of one arm in this stage, so it says nothing of the canary"
    if world.now < extended_until(world):
        return Finding(Event.WAITED, reasons.COLLECTING_REQUESTS, text)
    return _still_missing(world, text)


def _uncompared(world: World, judged: Judged) -> Finding | None:
    """At 100 % there are no pods to compare with any more."""
    gauge = next((one for one in world.run.evidence.gauges if one.key == judged.name), None)
    if gauge is None or _stale(world.run, gauge.at):
        return _silent(world, judged)
    if gauge.windows or present_stage(world.run).weight == Fraction(1):
        return None
    text = f"{judged.name} can't be judged: {too_few_pods(gauge)}"
    if world.now < extended_until(world):
        return Finding(Event.WAITED, reasons.COLLECTING_REQUESTS, text)
    return _still_missing(world, text)


def _unnumbered(world: World, judged: Judged) -> Finding | None:
    streak = next((one for one in world.run.evidence.streaks if one.key == judged.name), None)
    silent = streak is None or streak.canary is None or _stale(world.run, streak.at)
    return _silent(world, judged) if silent else None


def _silent(world: World, judged: Judged) -> Finding:
    why = world.reading.complaints.get(judged.name, "") if isinstance(world.reading, Reading) else ""
    text = f"{judged.name} has no new sample, so the stage goes on until it has; the other metrics have"
    return Finding(Event.HELD, reasons.METRICS_STALE, f"{text}{': ' if why else ''}{why}")


def _stale(run: Run, at: datetime | None) -> bool:
    """Other quantities are asked beside the failed requests, a little later."""
    newest, look = run.evidence.at, look_span(run)
    if newest is None or look is None:
        return False
    return at is None or newest - at > max(BLIND_AFTER_LOOKS * look, LATE)


def passed(world: World, message: str) -> Finding:
    """After the last stage of a reversed run stable has everything: there is nothing to wait for."""
    if is_last(world.run) and world.run.reversed:
        return Finding(Event.ROLLED_OUT, reasons.PROMOTED, f"{the_shipped(world)} passed every stage")
    event = Event.LAST_STAGE_PASSED if is_last(world.run) else Event.STAGE_PASSED
    return Finding(event, reasons.PROMOTING if is_last(world.run) else reasons.PREPARING, message)


def extended_until(world: World) -> datetime:
    """How long the stage waits for missing requests."""
    run = world.run
    extension = run.plan.analysis.max_extension
    span = present_stage(run).duration if extension is None else extension
    return (stage_end(run, world.now) or world.now) + span


def _still_missing(world: World, text: str) -> Finding:
    match world.run.plan.analysis.on_insufficient_data:
        case "Hold":
            cure = "annotate promote=true to go on without them, or abort=true"
            return Finding(Event.HELD, reasons.INSUFFICIENT_DATA, f"{text}; {cure}")
        case "Extend":
            return Finding(Event.WAITED, reasons.COLLECTING_REQUESTS, text)
        case "Promote":
            return passed(world, f"not verified: {text}")
        case "Rollback":
            return Finding(Event.STARVED, reasons.TOO_FEW_REQUESTS, text)


def _missing(world: World) -> int:
    """At 100 % nothing more is asked for when an earlier stage had enough: there is nobody to compare with."""
    run = world.run
    if present_stage(run).weight == Fraction(1) and run.stage > 1:
        return 0
    return run.plan.analysis.min_canary_requests - int(run.evidence.stage.canary.requests)


def _eta(world: World, missing: int) -> str:
    run = world.run
    seen = run.evidence.stage.canary.requests
    if seen == 0 or run.weight_changed_at is None:
        return "none has come yet"
    rate = seen / max((world.now - run.weight_changed_at).total_seconds(), 1.0)
    return f"at this rate in {format_duration(timedelta(seconds=round(missing / rate)))}"
