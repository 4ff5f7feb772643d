"""Whether anybody can judge: a blind judge neither advances nor rolls back."""

from collections.abc import Collection

from canary_operator.api import reasons
from canary_operator.api.metric import Metric
from canary_operator.api.status import State
from canary_operator.core.chosen import has_users
from canary_operator.core.copies import mirrors
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.findings import Finding
from canary_operator.core.stage_clock import blind_since
from canary_operator.core.transitions import Event
from canary_operator.core.world import Reading, Unknown, World


def has_baseline(reading: Reading) -> bool:
    """At least one source counts requests of the baseline."""
    return any(source.baseline is not None for source in reading.sample.sources.values())


def metrics_unusable(world: World) -> Finding | None:
    """No usable reading at this moment."""
    match world.reading:
        case Unknown(reason=text, code=reasons.READING):
            preparing = world.status.state is State.PREPARING
            return Finding(Event.WAITED, reasons.PREPARING if preparing else reasons.STAGE_RUNNING, text)
        case Unknown(reason=text, code=code):
            return Finding(Event.HELD, code, text)
        case Reading() as reading if not has_baseline(reading):
            return Finding(
                Event.HELD,
                reasons.METRICS_MISSING,
                "the metrics have no request of the stable Service: does traffic flow, and is its caller scraped?",
            )
    return None


def blind(world: World) -> Finding | None:
    """No good look for more than three looks; a shorter gap is waited out, and never advanced in."""
    finding = metrics_unusable(world)
    if blind_since(world.run, world.now) is None:
        return None
    if finding is None:
        return Finding(Event.HELD, reasons.METRICS_STALE, "no new sample has come for more than three looks")
    if finding.reason == reasons.METRICS_MISSING and world.run.plan.analysis.no_data == "Fail":
        return Finding(Event.STARVED, reasons.NO_DATA, finding.message)
    return finding


def own_metric_unfound(world: World) -> Finding | None:
    """Before any user meets the canary, each query of the user's own must have shown something of the baseline."""
    if not isinstance(world.reading, Reading) or has_users(world.run) or mirrors(world.run):
        return None
    sample, complaints = world.reading.sample, world.reading.complaints
    for metric in (one for one in world.run.plan.analysis.metrics if one.is_asked_apart):
        if metric.title in complaints:
            cure = "a correction is for the next run: annotate abort=true, and retry=true when this one has ended"
            text = f"metric {metric.title}: {complaints[metric.title]}; {cure}"
            return Finding(Event.HELD, reasons.METRICS_MISSING, text)
        if metric.title not in _answers(metric, sample):
            text = f"the first query of the metric {metric.title} is under way"
            return Finding(Event.WAITED, reasons.PREPARING, text)
    return None


def _answers(metric: Metric, sample: Sample) -> Collection[str]:
    if metric.is_gauge:
        return sample.pods
    return sample.numbers if metric.is_scalar else sample.beside
