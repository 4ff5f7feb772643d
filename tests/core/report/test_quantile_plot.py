from canary_operator.api.report import Above, Count, Held, Judged, Measured
from canary_operator.core.report.drawing import Plot
from canary_operator.core.report.quantile_plot import quantile_plots
from tests.doubles.reports import METRIC, a_point, measured

P95 = "istio-latency-p95"
JUDGED = Judged(name=P95, held=(Held(boundary="250ms", limit=0.05), Held(boundary="100ms", times=2)))
"""A limit may stand at a longer boundary than a comparison, and before it."""


def looked(canary: tuple[float, float], baseline: tuple[float, float]) -> Measured:
    """So many of a hundred requests took longer than 100 ms, and than 250 ms."""
    above = [
        Above(le, Count(100, slow), Count(900, 9 * usual))
        for le, slow, usual in zip(("100ms", "250ms"), canary, baseline, strict=True)
    ]
    return measured((100, canary[0]), (900, 9 * baseline[0]), name=P95, above=tuple(above))


def drawn(*looks: Measured) -> Plot:
    (plot,) = quantile_plots(JUDGED, [(a_point(5.0 * at, seen), seen) for at, seen in enumerate(looks)])
    return plot


def test_each_arm_stands_between_the_boundaries_that_its_quantile_lies_between() -> None:
    plot = drawn(looked((4, 1), (1, 0)), looked((30, 5), (5, 1)), looked((30, 6), (5, 1)))
    lanes = [[int(value or 0) for value in line.values] for line in plot.lines]
    assert lanes == [[0, 1, 2], [0, 0, 0]]
    assert [label for _, label in plot.scale.ticks] == ["100ms", "250ms"]


def test_both_arms_are_seen_where_they_are_alike() -> None:
    canary, baseline = (line.values[0] for line in drawn(looked((1, 0), (1, 0))).lines)
    assert canary != baseline


def test_words_say_it_too() -> None:
    plot = drawn(looked((30, 5), (5, 1)), looked((30, 6), (1, 0)))
    assert plot.tips[0].endswith(": canary 100ms to 250ms, baseline up to 100ms")
    assert plot.summary.endswith("at the end canary above 250ms, baseline up to 100ms.")


def test_an_arm_without_a_request_has_a_gap() -> None:
    none = measured(name=P95, above=(Above("100ms", Count(), Count(90, 1)), Above("250ms", Count(), Count(90, 0))))
    plot = drawn(none)
    assert plot.lines[0].values == [None]
    assert "canary unknown" in plot.tips[0]


def test_errors_have_none() -> None:
    seen = measured((100, 3), (900, 9))
    assert not list(quantile_plots(Judged(name=METRIC, held=(Held(times=1.5),)), [(a_point(5, seen), seen)]))


def test_a_latency_that_warms_up_has_none() -> None:
    """It has no boundaries yet."""
    seen = measured((100, 3), (900, 9), name=P95, warming=True)
    assert not list(quantile_plots(Judged(name=P95), [(a_point(5, seen), seen)]))
