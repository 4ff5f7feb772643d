from canary_operator.api.report import Above, Count, Held, Judged
from canary_operator.core.report.counted_plots import counted_plots
from tests.doubles.reports import METRIC, a_course, a_point, measured


def test_failures_are_drawn_beside_what_was_allowed() -> None:
    """The bound is so many times what the baseline fails at that moment."""
    course = [(point, point.metrics[0]) for point in a_course(4, 0.5)]
    share, _ = counted_plots(Judged(name=METRIC, held=(Held(times=1.5),)), course)
    assert share.title == "istio-error-rate: requests that failed"
    assert [line.values[-1] for line in share.lines] == [0.5, 0.01, 0.015]


def test_a_latency_has_a_picture_of_each_boundary() -> None:
    above = tuple(Above(le, Count(100, slow), Count(900, 9)) for le, slow in (("100ms", 30), ("250ms", 10)))
    seen = measured((100, 30), (900, 9), name="istio-latency-p99", above=above)
    metric = Judged(name=seen.name, held=(Held(boundary="100ms", times=2), Held(boundary="250ms", limit=0.05)))
    _, first, second, _ = counted_plots(metric, [(a_point(5, seen), seen)])
    assert "longer than 100ms" in first.title
    assert [line.values for line in first.lines] == [[0.3], [0.01], [0.02]]
    assert [line.values for line in second.lines] == [[0.1], [0.01], [0.05]]


def test_a_metric_known_only_by_name_has_no_bound() -> None:
    """As in a report of the warm-up."""
    course = [(point, point.metrics[0]) for point in a_course(2, 0.5)]
    share, _ = counted_plots(Judged(name=METRIC), course)
    assert [line.look for line in share.lines] == ["canary", "baseline"]
