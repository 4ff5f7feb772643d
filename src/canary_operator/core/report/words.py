"""Numbers and times as a report writes them, alike on both pages."""

from datetime import UTC, datetime, timedelta

from canary_operator.api.quantities import format_duration
from canary_operator.api.report import Count, Judged, Measured, Quantiles, RunReport
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
QUANTILES = ("P50", "P95", "P99")
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
    told = [("Canary", counted(last.canary)), ("Baseline", counted(last.baseline)), ("Evidence", strength(last))]
    if last.lower is not None:
        told.append(("Ratio", f"{ratio(last)}; {interval(last)} with 95 %, valid at any time"))
    if metric.allowed is not None:
        told.append(("Allowed", f"{number(metric.allowed)} times"))
        told.append(("Smallest detectable", detectable(metric.detectable)))
    if last.canary_latency is not None:
        told.append(("Canary's latency", durations(last.canary_latency)))
    if last.baseline_latency is not None:
        told.append(("Baseline's latency", durations(last.baseline_latency)))
    return told


def plan(report: RunReport) -> list[tuple[str, str, str]]:
    """Number, weight and duration of each stage, as asked."""
    return [
        (str(number), share(float(stage.weight)), span(stage.duration))
        for number, stage in enumerate(report.stages, start=1)
    ]


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


def ratio(metric: Measured) -> str:
    """`4.2 times`."""
    return _NOTHING if metric.ratio is None else f"{number(metric.ratio)} times"


def interval(metric: Measured) -> str:
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


def seconds(value: float) -> str:
    """`250 ms`, `1.2 s`."""
    return f"{number(1000 * value)} ms" if value < 1 else f"{number(value)} s"


def durations(found: Quantiles | None) -> str:
    """`P50 12 ms, P95 80 ms, P99 250 ms`."""
    if found is None:
        return _NOTHING
    return ", ".join(f"{name} {seconds(value)}" for name, value in zip(QUANTILES, found, strict=True))
