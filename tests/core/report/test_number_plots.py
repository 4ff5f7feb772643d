from canary_operator.api.report import Judged, Number
from canary_operator.core.report.number_plots import Course, number_plots
from tests.doubles.reports import a_point


def course(*numbers: Number) -> Course:
    return [(a_point(5 * look), number) for look, number in enumerate(numbers)]


def test_a_number_is_drawn_between_its_limits() -> None:
    (plot,) = number_plots(Judged(name="queue", lowest=1, highest=9), course(Number("queue", 3, 2), Number("queue")))
    lines = {line.name: line.values for line in plot.lines}
    assert lines == {
        "canary": [3, None],
        "baseline": [2, None],
        "allowed: at least 1": [1, 1],
        "allowed: at most 9": [9, 9],
    }


def test_compared_pods_have_a_bound_that_moves_with_the_baseline() -> None:
    metric = Judged(name="cpu", allowed=1.5)
    (plot,) = number_plots(metric, course(Number("cpu", 2, 1), Number("cpu", 3, 2, worst=4, lower=1.1, upper=1.9)))
    lines = {line.name: line.values for line in plot.lines}
    assert lines["allowed: at most 1.5 times the baseline's"] == [1.5, 3.0]
    assert lines["the canary's worst pod"] == [None, 4]
    assert plot.tips[-1] == "12:00:05: canary 3, its worst pod 4, baseline 2, compared: 1.1 to 1.9 times"


def test_what_was_never_seen_is_not_drawn() -> None:
    """A limit alone is no picture, and no restart is a sentence."""
    assert not list(number_plots(Judged(name="queue", highest=9), course(Number("queue"))))
    assert not list(number_plots(Judged(name="restarts", highest=0), course(Number("restarts", 0.0))))
    assert list(number_plots(Judged(name="restarts", highest=0), course(Number("restarts", 1.0))))


def test_a_limit_far_above_does_not_press_everything_to_the_ground() -> None:
    """It is named, and left out of the picture."""
    (plot,) = number_plots(Judged(name="memory", highest=1024, unit="Mi"), course(Number("memory", 40, 41)))
    assert [(line.name, line.values) for line in plot.lines][-1] == (
        "allowed: at most 1024Mi, beyond this plot",
        [None],
    )
    assert plot.scale.high == 50
    (plot,) = number_plots(Judged(name="memory", highest=160, unit="Mi"), course(Number("memory", 40, 41)))
    assert plot.lines[-1].values == [160]
