from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api.quantities import (
    DURATION,
    MEMORY,
    PERCENTAGE,
    SHARE,
    Memory,
    format_duration,
    format_limit,
    format_percentage,
    parse_duration,
    parse_limit,
    parse_percentage,
    parse_share,
)


@given(st.from_regex(PERCENTAGE, fullmatch=True))
def test_a_percentage_is_written_as_it_was_meant(text: str) -> None:
    """Four digits and four decimals survive being read and written."""
    assert parse_percentage(format_percentage(parse_percentage(text))) == parse_percentage(text)


@given(st.from_regex(SHARE, fullmatch=True))
def test_a_share_lies_between_nothing_and_everything(text: str) -> None:
    """Whatever the form lets through is a share."""
    assert 0 <= parse_share(text) <= 1


@given(st.from_regex(DURATION, fullmatch=True))
def test_a_duration_is_written_as_it_was_meant(text: str) -> None:
    """However it was put, the time is the same after being read and written."""
    assert parse_duration(format_duration(parse_duration(text))) == parse_duration(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_a_measured_time_is_kept_to_the_microsecond(span: timedelta) -> None:
    """What the operator measures is not rounded by being written down."""
    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("1h5s", timedelta(seconds=3605)),
        ("0s", timedelta(0)),
        ("0.25s", timedelta(milliseconds=250)),
    ],
)
def test_durations_mean_what_people_mean(text: str, span: timedelta) -> None:
    """Hours, minutes and seconds, each of which may be left out."""
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    "text", ["", "h", "30", "30 min", "-5m", "1d", "5m1h", "1.5h", "\N{FULLWIDTH DIGIT FIVE}s", "5m\n", 30, None, True]
)
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    """The sentence shows how to write one."""
    with pytest.raises(ValueError, match="1h30m"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "5", "5 %", "%", "-5%", "5.00001%", "\N{FULLWIDTH DIGIT FIVE}%", "5%\n", "10000%", 5, 0.05, None]
)
def test_what_is_no_percentage_is_refused_with_an_example(text: object) -> None:
    """The sentence shows how to write one."""
    with pytest.raises(ValueError, match="50%"):
        parse_percentage(text)


@pytest.mark.parametrize("text", ["100.1%", "101%", "200%", Fraction(3, 2), Fraction(-1, 2)])
def test_a_share_above_everything_is_refused(text: object) -> None:
    """A weight of 150 % is a mistake, not a weight."""
    with pytest.raises(ValueError, match="from 0% to 100%"):
        parse_share(text)


def test_a_share_needs_no_trailing_zeros() -> None:
    """Shares are shown as a person would write them."""
    assert [format_percentage(Fraction(n, 1000)) for n in (0, 5, 50, 1000)] == ["0%", "0.5%", "5%", "100%"]


@given(st.from_regex(MEMORY, fullmatch=True))
def test_a_size_is_written_as_it_was(text: str) -> None:
    assert format_limit(parse_limit(text)) == text


@pytest.mark.parametrize(("text", "mebibytes"), [("512Ki", 0.5), ("500Mi", 500.0), ("2Gi", 2048.0)])
def test_sizes_mean_what_kubernetes_means(text: str, mebibytes: float) -> None:
    found = parse_limit(text)
    assert isinstance(found, Memory)
    assert found.mebibytes == mebibytes


@pytest.mark.parametrize("text", ["500M", "0Mi", "1.5Gi", "-1Mi", "500 Mi", "Mi"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="500Mi"):
        parse_limit(text)
