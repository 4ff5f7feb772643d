import pytest

from canary_operator.api.report import Held, Judged, Number
from canary_operator.core.report import words
from tests.doubles.reports import a_report, measured


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.01234, "0.0123"), (111.0, "111"), (1400, "1.4k"), (1e6, "1M"), (2.5e11, "250G"), (1e12, "1e+12")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    """Three digits are enough for anybody."""
    assert words.number(value) == text


def test_an_interval_says_which_side_is_open() -> None:
    """No bound is invented."""
    assert words.interval(measured()) == "—"
    assert words.interval(measured(lower=0.0)) == "anything"
    assert words.interval(measured(lower=2.0)) == "at least 2 times"
    assert words.interval(measured(lower=1.8, upper=9.1)) == "1.8 to 9.1 times"


def test_a_report_is_called_by_what_happened() -> None:
    """In words that people use for the release."""
    assert words.headline(a_report()) == "checkout:v2 (0ffc804682) was rolled back"
    assert words.headline(a_report(outcome=None)).endswith("is in progress")


def test_a_harm_nobody_could_have_seen_is_said() -> None:
    """Silence is no proof."""
    assert "hardly have been seen" in words.detectable(None)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(None, "Mi", "—"), (151.26, "Mi", "151.3Mi"), (1.2e6, "", "1.2M"), (-0.5, "", "-0.5"), (-2e3, "", "-2k")],
)
def test_a_number_has_its_unit(value: float | None, unit: str, text: str) -> None:
    assert words.amount(value, unit) == text


def test_what_is_allowed_names_both_bounds() -> None:
    """For what one wants more of it is the least."""
    metric = Judged(name="orders")
    assert words.limits(metric, Held(times=1.5, limit=0.01)) == "at most 1% and 1.5 times the baseline's"
    more = metric.model_copy(update={"more_is_better": True})
    assert words.limits(more, Held(times=0.9)) == "at least 0.9 times the baseline's"
    assert words.limits(metric, Held()) == "at most —"


def test_pods_that_were_not_compared_have_no_interval() -> None:
    assert words.compared(Number("memory")) == "—"
