from datetime import timedelta

import pytest

from canary_operator.core.report import scales
from tests.doubles.memory import NOON


@pytest.mark.parametrize("values", [[], [1.0], [0.0, 1e15], [0.3, 120.0], [1e11]])
def test_a_logarithmic_axis_has_few_labels_and_holds_every_value(values: list[float]) -> None:
    """What lies outside is drawn at its edge."""
    for scale in (scales.decades(values, 0.01, 1e12), scales.ratios(values, 0.05, 200)):
        assert 1 <= len(scale.ticks) <= scales.MOST_TICKS + 1
        assert scale.low < scale.high
        assert all(0 <= scale.place(value) <= 1 for value in values)


def test_one_stands_on_an_axis_of_ratios() -> None:
    """It is what a reader looks for."""
    assert 1.0 in [value for value, _ in scales.ratios([0.07, 150.0], 0.05, 200).ticks]


@pytest.mark.parametrize("most", [0.0, 0.0001, 0.05, 0.33, 1.0])
def test_shares_begin_at_nothing_and_end_above_the_largest(most: float) -> None:
    """In round steps."""
    scale = scales.shares([most])
    assert scale.ticks[0] == (0.0, "0%")
    assert scale.high >= most
    assert len(scale.ticks) <= scales.MOST_TICKS + 1


@pytest.mark.parametrize(
    ("span", "first"),
    [
        (timedelta(0), "12:00:00"),
        (timedelta(seconds=20), "12:00:00"),
        (timedelta(minutes=30), "12:00"),
        (timedelta(days=3), "02 Jan"),
        (timedelta(days=40), "07 Jan"),
    ],
)
def test_times_have_round_labels(span: timedelta, first: str) -> None:
    """At most six, as exact as the span asks for."""
    scale = scales.times([NOON, NOON + span])
    assert scale.ticks[0][1] == first
    assert len(scale.ticks) <= 6


@pytest.mark.parametrize("values", [[], [0.0], [152.0, 500.0], [-0.5, 12.0], [-3.0, -1.0], [-1e9, 1e9]])
def test_an_axis_of_numbers_holds_nothing_and_every_value(values: list[float]) -> None:
    """A number may be below 0; one that is not is shown against 0."""
    scale = scales.amounts(values, "Mi")
    assert scale.low <= min(values, default=0.0) <= max(values, default=0.0) <= scale.high
    assert scale.low <= 0 <= scale.high
    assert scale.low < scale.high
    assert 2 <= len(scale.ticks) <= scales.MOST_TICKS + 3
    assert all(label.endswith("Mi") for _, label in scale.ticks)
