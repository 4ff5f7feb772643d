"""A report as it is stored: three files that together stay far below what a ConfigMap may hold."""

from canary_operator.api.report import RunReport
from canary_operator.core.report.interval import with_intervals
from canary_operator.core.report.markdown import markdown
from canary_operator.core.report.page import page
from canary_operator.core.report.timeline import MOST_POINTS, thinned

DATA, MARKDOWN, PAGE = "data.json", "report.md", "report.html"
MOST_BYTES = 200_000
"""The API server takes 1 MiB; etcd, kubectl and whoever lists them are happier with less."""
_FEWEST_POINTS = 4
_SHORT = 100
"""Characters."""


def rendered(report: RunReport) -> dict[str, str]:
    """File names and contents; with fewer points, and in the end with shorter texts, where they would be too large."""
    report = report.model_copy(update={"points": thinned(report.points, MOST_POINTS)})
    files = _files(report)
    while size(files) > MOST_BYTES and len(report.points) > _FEWEST_POINTS:
        report = report.model_copy(update={"points": thinned(report.points, len(report.points) // 2)})
        files = _files(report)
    return files if size(files) <= MOST_BYTES else _files(_in_short(report))


def size(files: dict[str, str]) -> int:
    """Bytes in UTF-8."""
    return sum(len(content.encode()) for content in files.values())


def _in_short(report: RunReport) -> RunReport:
    events = [event.model_copy(update={"message": event.message[:_SHORT]}) for event in report.events]
    metrics = [
        metric.model_copy(update={"query": metric.query[:_SHORT], "sentence": metric.sentence[:_SHORT]})
        for metric in report.metrics
    ]
    return report.model_copy(update={"events": tuple(events), "metrics": tuple(metrics)})


def _files(report: RunReport) -> dict[str, str]:
    report = report.model_copy(update={"points": with_intervals(report.points)})
    data = report.model_dump_json(by_alias=True, exclude_defaults=True)
    return {DATA: data, MARKDOWN: markdown(report), PAGE: page(report)}
