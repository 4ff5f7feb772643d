"""Both pages and the data: complete, escaped, bounded."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from canary_operator.api.report import Above, Count, Happening, Held, Judged, RunReport
from canary_operator.core.report.markdown import markdown
from canary_operator.core.report.page import page
from canary_operator.core.report.pages import DATA, MARKDOWN, MOST_BYTES, PAGE, rendered, size
from tests.doubles.memory import NOON
from tests.doubles.reports import METRIC, a_course, a_point, a_report, every_kind, measured

HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)> & `|` [a](javascript:b)\n# c"
VOID = {"meta", "br", "img"}


class Reader(HTMLParser):
    """What a browser would find: balanced elements, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def hostile() -> RunReport:
    """Everything that comes from users says the worst."""
    return a_report(
        [replace(point, metrics=(replace(point.metrics[0], name=HOSTILE),)) for point in a_course(3, 0.5)],
        name=HOSTILE,
        images=HOSTILE,
        revision=HOSTILE,
        verdict=HOSTILE,
        events=(Happening(at=NOON, state="Staged", reason=HOSTILE[:64], message=HOSTILE),),
        metrics=(Judged(name=HOSTILE, query=HOSTILE, sentence=HOSTILE, allowed=1.5),),
    )


def largest() -> RunReport:
    """All three latencies at three boundaries, seven more, more points than are kept, and messages at their limits."""
    names = [f"a-metric-of-a-user-{number}" for number in range(10)]
    boundaries = ("100ms", "250ms", "2500ms")
    points = [
        a_point(
            look,
            *(
                measured(
                    (1e7 / 3 + look, 1e3 / 7 + look),
                    (1e8 / 3 + look, 1e4 / 7),
                    evidence=1e5 / 3,
                    name=name,
                    above=tuple(
                        Above(le, Count(1e7 / 3 + look, 1e3 / 7 + look), Count(1e8 / 3 + look, 1e4 / 7))
                        for le in boundaries
                        if name in names[:3]
                    ),
                )
                for name in names
            ),
            weight=look / 300,
            marks=True,
        )
        for look in range(160)
    ]
    events = [Happening(at=NOON, state="Staged", reason="Held", message="🐤" * 300) for _ in range(60)]
    metrics = [
        Judged(name=name, query="q" * 500, sentence="s" * 300, allowed=1.5, held=_held(boundaries, name in names[:3]))
        for name in names
    ]
    return a_report(points, events=tuple(events), metrics=tuple(metrics))


def _held(boundaries: Iterable[str], is_latency: bool) -> tuple[Held, ...]:
    return tuple(Held(boundary=le, times=1.5) for le in boundaries) if is_latency else (Held(times=1.5),)


@pytest.fixture
def bad() -> RunReport:
    return a_report(a_course(12, 0.9, evidence=1.6))


def test_the_data_reads_back_exactly(bad: RunReport) -> None:
    """To the last bit, intervals and all."""
    files = rendered(bad)
    again = RunReport.model_validate_json(files[DATA])
    assert again.model_copy(update={"points": ()}) == bad.model_copy(update={"points": ()})
    assert [replace(point, metrics=()) for point in again.points] == [replace(p, metrics=()) for p in bad.points]
    assert again.points[-1].metrics[0].canary == bad.points[-1].metrics[0].canary
    assert again.points[-1].metrics[0].lower is not None
    assert rendered(again) == files


@pytest.mark.parametrize("make", [page, markdown])
def test_everything_a_reader_asks_is_on_both_pages(make: object, bad: RunReport) -> None:
    """Verdict, versions, times, counts, plan, events, query and what could have been seen."""
    text = Reader(page(bad)).text if make is page else markdown(bad).replace("\\", "")
    for said in (
        "checkout:v2 (0ffc804682) was rolled back",
        bad.verdict,
        "shop/checkout",
        "checkout:v1 (a1b2c3d4e5)",
        "2026-01-01 12:00:00 UTC",
        "0.4 s from the scrape",
        "270 of 300 (90%)",
        "4 times the baseline's rate",
        "stage 1 of 3: the canary gets 5%",
        "RunStarted",
        "sum(x)",
        "It fails too often.",
        "25%",
        "5m",
    ):
        assert said in text, said


def test_a_page_is_whole_and_needs_nothing_else(bad: RunReport) -> None:
    """No script, no address, nothing unclosed; and it says so to the browser."""
    text = page(bad)
    read = Reader(text)
    assert read.open == []
    assert not read.all("script")
    assert not re.search(r"https?://|@import|url\(|\son\w+=", text)
    assert any("default-src 'none'" in (meta.get("content") or "") for meta in read.all("meta"))


def test_plots_can_be_read_without_seeing_them(bad: RunReport) -> None:
    """Each is an image with a name, and its numbers stand in a table."""
    read = Reader(page(rendered_points(bad)))
    pictures = read.all("svg")
    assert len(pictures) == 4
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in pictures)
    labels = " ".join(str(picture["aria-label"]) for picture in pictures)
    assert "at the end 90 times" in labels
    assert "a breach from 111" in labels
    assert len(read.all("tr")) >= len(bad.points)


def rendered_points(report: RunReport) -> RunReport:
    return RunReport.model_validate_json(rendered(report)[DATA])


def test_the_picture_shows_numbers_where_one_points(bad: RunReport) -> None:
    """One title for each moment and plot."""
    assert len(Reader(page(rendered_points(bad))).all("title")) == 1 + 4 * len(bad.points)


@pytest.mark.parametrize("make", [page, markdown])
def test_each_kind_of_metric_is_on_both_pages(make: object) -> None:
    """Latencies by boundary, orders, memory of pods, a number and restarts; each with what is allowed."""
    report = every_kind()
    text = Reader(page(report)).text if make is page else markdown(report).replace("\\", "")
    for said in (
        "longer than 100ms, or failed",
        "longer than 250ms, or failed",
        "at most 1.4 times the baseline's",
        "at least 0.9 times the baseline's",
        "200 of 1000 (20%)",
        "152Mi",
        "1.2 to 1.8 times",
        "500Mi",
        "2 restarts under traffic",
    ):
        assert said.replace(">", "&gt;") in text, said


def test_a_page_of_each_kind_is_whole() -> None:
    """Nothing unclosed, two plots for each boundary and one for each kind of number."""
    read = Reader(rendered(every_kind())[PAGE])
    assert read.open == []
    names = " ".join(str(picture["aria-label"]) for picture in read.all("svg"))
    assert names.count("newest 100 requests") == 3
    assert "Mean of the pods in each window over time; at the end canary 152Mi" in names
    assert "The number of each arm over time; at the end canary 12" in names
    assert "Containers of the canary that were started anew over time; at the end 2" in names
    assert len(read.all("svg")) == 6 + 3 + 3 + 1


@pytest.mark.parametrize("number", range(4))
def test_pictures_are_well_formed_xml(number: int) -> None:
    """Whoever cuts one out may open it by itself."""
    report = (every_kind(), a_report(a_course(12, 0.9)), hostile(), largest())[number]
    pictures = re.findall(r"<svg.*?</svg>", page(report), re.DOTALL)
    assert len(pictures) >= 3
    for picture in pictures:
        assert ET.fromstring(picture).tag.endswith("svg")  # noqa: S314 -- our own page


def test_no_time_is_cut_off_at_the_end_of_its_axis() -> None:
    """Letters of 16 pixels, as on a phone, are nine wide."""
    labels = re.findall(r'<text class="along" x="([0-9.]+)"[^>]*>([^<]+)<', page(every_kind()))
    assert len(labels) > 10
    for x, label in labels:
        assert float(x) + 9 / 2 * len(label) <= 480, label


@pytest.mark.parametrize("points", [0, 1, 2])
def test_short_runs_have_a_page_too(points: int) -> None:
    """Also one whose canary never got traffic."""
    report = a_report(a_course(points, 0.9))
    read = Reader(rendered(report)[PAGE])
    assert bool(read.all("svg")) == bool(points)
    assert ("nothing to plot" in read.text) == (not points)


def test_users_cannot_put_markup_into_the_page() -> None:
    """Names, messages and queries stay text, in text and in attributes."""
    read = Reader(page(hostile()))
    assert read.open == []
    assert not read.all("script")
    assert not read.all("img")
    assert not any(name.startswith("on") for _, attributes in read.elements for name in attributes)
    assert "<script>alert(1)</script>" in read.text


def test_users_cannot_put_markup_into_the_markdown() -> None:
    """No tag, no link, no new line of a table; a fence is longer than any in the query."""
    report = hostile()
    text = markdown(report)
    outside, query, _ = text.split("```")
    assert HOSTILE in query
    assert not re.search(r"<(?!/?$)", outside.replace("\n> ", "\n"))
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert "\n# c" not in outside
    fenced = markdown(a_report(a_course(2, 0.5), metrics=(Judged(name=METRIC, query="````"),)))
    assert "`````promql\n````\n`````" in fenced


def test_texts_are_cut_before_plots_get_coarse() -> None:
    """Of emoji as of letters: bytes are what fills a ConfigMap."""
    report = every_kind(160)
    events = [Happening(at=NOON, state="Staged", reason="Held", message="🐤" * 300) for _ in range(60)]
    files = rendered(report.model_copy(update={"events": tuple(events)}))
    kept = RunReport.model_validate_json(files[DATA])
    assert size(files) <= MOST_BYTES
    assert len(kept.points) >= 40
    assert kept.events[0].message == "🐤" * 25


def test_the_largest_report_fits() -> None:
    """Whatever is measured and whatever happened, and what is left still covers the whole run."""
    report = largest()
    files = rendered(report)
    assert size(files) <= MOST_BYTES
    assert set(files) == {DATA, MARKDOWN, PAGE}
    kept = RunReport.model_validate_json(files[DATA]).points
    assert kept[-1].at == report.points[-1].at
    assert kept[0].at - report.points[0].at <= timedelta(seconds=160)


def test_an_ordinary_report_keeps_every_point() -> None:
    """One metric and a full course."""
    files = rendered(a_report(a_course(160, 0.02, evidence=1.01)))
    assert len(RunReport.model_validate_json(files[DATA]).points) == 160
