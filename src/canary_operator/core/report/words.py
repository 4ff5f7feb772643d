"""Numbers and times as a report writes them, alike on both pages."""

from datetime import UTC, datetime, timedelta

from canary_operator.api.quantities import format_duration
from canary_operator.api.report import Above, Count, Held, Judged, Measured, Number, RunReport
from canary_operator.api.rollout import Stage
from canary_operator.api.status import Outcome
from canary_operator.core.called import called

OUTCOMES = {
    None: "is in progress",
    Outcome.PROMOTED: "was promoted",
    Outcome.ROLLED_BACK: "was rolled back",
    Outcome.ABORTED: "was aborted",
    Outcome.SUPERSEDED: "was superseded",
    Outcome.BYPASSED: "was bypassed",
}
_SUFFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_NOTHING = "—"


def headline(report: RunReport) -> str:
    """`checkout:v2 (0ffc804682) was rolled back`."""
    return f"{called(report.revision, report.images)} {OUTCOMES[report.outcome]}"


def facts(report: RunReport) -> list[tuple[str, str]]:
    """What a reader wants to know first, in order."""
    told = [("Rollout", f"{report.namespace}/{report.name}"), ("Run", report.run)]
    if report.stable_revision is not None:
        told.append(("Stable", called(report.stable_revision, report.stable_images)))
    told.append(("Began", moment(report.started_at)))
    if report.ended_at is not None:
        told.append(("Ended", f"{moment(report.ended_at)}, after {span(report.ended_at - report.started_at)}"))
    if report.taken_back_after is not None:
        seconds = f"{report.taken_back_after.total_seconds():.1f} s"
        told.append(("Taken back", f"{seconds} from the scrape that held the breach to the route without the canary"))
    return told


def numbers(metric: Judged, last: Measured) -> list[tuple[str, str]]:
    """What was known of a metric at the end."""
    told = []
    for seen, held in _quantities(metric, last):
        if isinstance(seen, Above):
            told.append(("Counted", above(seen.boundary)))
        told += [("Canary", counted(seen.canary)), ("Baseline", counted(seen.baseline))]
        if held is not None:
            told.append(("Allowed", limits(metric, held)))
        if seen.lower is not None:
            told.append(("Ratio", f"{ratio(seen)}; {interval(seen)} with 95 %, valid at any time"))
    told.append(("Evidence", strength(last)))
    if metric.allowed is not None and not metric.more_is_better:
        told.append(("Smallest detectable", detectable(metric.detectable)))
    return told


def _quantities(metric: Judged, last: Measured) -> list[tuple[Measured | Above, Held | None]]:
    """The metric itself, or of a latency each boundary; with what it is held against, where that is known."""
    seen: list[Measured | Above] = [*last.above] or [last]
    return list(zip(seen, [*metric.held, *[None] * len(seen)], strict=False))


def values(metric: Judged, last: Number) -> list[tuple[str, str]]:
    """What was known at the end of a metric that is a number."""
    arms = (("Canary", last.canary), ("Its worst pod", last.worst), ("Baseline", last.baseline))
    told = [(name, amount(value, metric.unit)) for name, value in arms if value is not None]
    if last.lower is not None:
        told.append(("Compared", f"{compared(last)} with 95 %"))
    if metric.allowed is not None:
        told.append(("Allowed", limits(metric, Held(times=metric.allowed))))
    for name, limit in (("At least", metric.lowest), ("At most", metric.highest)):
        if limit is not None:
            told.append((name, amount(limit, metric.unit)))
    return told


def limits(metric: Judged, held: Held) -> str:
    """`at most 1% and 1.5 times the baseline's rate`."""
    allowed = [] if held.limit is None else [share(held.limit)]
    if held.times is not None:
        allowed.append(f"{number(held.times)} times the baseline's")
    return f"{'at least' if metric.more_is_better else 'at most'} {' and '.join(allowed) or _NOTHING}"


def above(boundary: str) -> str:
    """What a latency counts at a boundary."""
    return f"longer than {boundary}, or failed"


def plan(report: RunReport) -> list[tuple[str, str, str]]:
    """Number, weight or mirror, and duration of each stage, as asked."""
    return [(str(number), _given(stage), span(stage.duration)) for number, stage in enumerate(report.stages, start=1)]


def _given(stage: Stage) -> str:
    """Of a mirror nobody sees the answers."""
    weight = share(float(stage.weight))
    return weight if stage.mirror is None else f"{weight}, copies of {share(float(stage.mirror))}"


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%H:%M:%S")


def span(time: timedelta) -> str:
    """To the second: `1h2m`."""
    return format_duration(timedelta(seconds=round(time.total_seconds())))


def share(part: float | None) -> str:
    """`4.76%`."""
    return _NOTHING if part is None else f"{100 * part:.3g}%"


def number(value: float) -> str:
    """Three digits, and a letter for large ones: 1230000 is `1.23M`."""
    for size, letter in _SUFFIXES:
        if value >= size:
            return f"{value / size:.3g}{letter}" if value < 1000 * size else f"{value:.0e}"
    return f"{value:.3g}"


def counted(count: Count) -> str:
    """`27 of 30 (90%)`."""
    if not count.requests:
        return "no request"
    return f"{count.bad:.0f} of {count.requests:.0f} ({share(count.bad / count.requests)})"


def ratio(metric: Measured | Above) -> str:
    """`4.2 times`."""
    return _NOTHING if metric.ratio is None else f"{number(metric.ratio)} times"


def interval(metric: Measured | Above) -> str:
    """`1.8 to 9.1 times`."""
    if metric.lower is None:
        return _NOTHING
    if metric.upper is None:
        return f"at least {number(metric.lower)} times" if metric.lower else "anything"
    return f"{number(metric.lower)} to {number(metric.upper)} times"


def detectable(smallest: float | None) -> str:
    if smallest is None:
        return "none: even a canary that fails everything would hardly have been seen"
    return f"{number(smallest)} times the baseline's rate, 4 times out of 5"


def strength(metric: Measured) -> str:
    """`1.4k of 111`: a breach once it is the larger number."""
    return f"{number(metric.evidence)}, a breach from {number(metric.bound)}"


def amount(value: float | None, unit: str) -> str:
    """`512Mi`; without a unit `1.23M`."""
    if value is None:
        return _NOTHING
    return f"{value:.4g}{unit}" if unit else number(value) if value >= 0 else f"-{number(-value)}"


def compared(one: Number) -> str:
    """How many times the baseline's the canary's pods have."""
    if one.lower is None or one.upper is None:
        return _NOTHING
    return f"{number(one.lower)} to {number(one.upper)} times"
