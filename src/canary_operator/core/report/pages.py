"""A report as it is stored: three files that together stay far below what a ConfigMap may hold."""

from canary_operator.api.report import RunReport
from canary_operator.core.report.interval import with_intervals
from canary_operator.core.report.markdown import markdown
from canary_operator.core.report.page import page
from canary_operator.core.report.timeline import MOST_POINTS, thinned

DATA, MARKDOWN, PAGE = "data.json", "report.md", "report.html"
MOST_BYTES = 200_000
"""The API server takes 1 MiB; etcd, kubectl and whoever lists them are happier with less."""
_FEW_POINTS = 40
"""A plot of fewer shows little; words are cut before it comes to that."""
_FEWEST_POINTS = 2
_CLOSER = 0.95
"""Not all of the bytes are the points', so fewer are taken than would fit if they were."""
_SHORT = 100
"""Bytes."""


def rendered(report: RunReport) -> dict[str, str]:
    """File names and contents; where they would be too large, fewer points, then shorter texts, then fewer still."""
    report, files = _thinned(report.model_copy(update={"points": thinned(report.points, MOST_POINTS)}), _FEW_POINTS)
    if size(files) <= MOST_BYTES:
        return files
    return _thinned(_in_short(report), _FEWEST_POINTS)[1]


def _thinned(report: RunReport, fewest: int) -> tuple[RunReport, dict[str, str]]:
    """Until it is small enough, or has no more points than that."""
    files = _files(report)
    while size(files) > MOST_BYTES and len(report.points) > fewest:
        most = max(fewest, int(len(report.points) * _CLOSER * MOST_BYTES / size(files)))
        report = report.model_copy(update={"points": thinned(report.points, most)})
        files = _files(report)
    return report, files


def size(files: dict[str, str]) -> int:
    """Bytes in UTF-8."""
    return sum(len(content.encode()) for content in files.values())


def _in_short(report: RunReport) -> RunReport:
    events = [event.model_copy(update={"message": _cut(event.message)}) for event in report.events]
    metrics = [
        metric.model_copy(update={"query": _cut(metric.query), "sentence": _cut(metric.sentence)})
        for metric in report.metrics
    ]
    return report.model_copy(update={"events": tuple(events), "metrics": tuple(metrics)})


def _cut(text: str) -> str:
    return text.encode()[:_SHORT].decode(errors="ignore")


def _files(report: RunReport) -> dict[str, str]:
    report = report.model_copy(update={"points": with_intervals(report.points)})
    data = report.model_dump_json(by_alias=True, exclude_defaults=True)
    return {DATA: data, MARKDOWN: markdown(report), PAGE: page(report)}
