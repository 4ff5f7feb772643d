from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canary_operator.core.evidence.differences import difference, readable
from canary_operator.core.evidence.sample import Counter, SourceSample
from tests.core.evidence.stream import START


@pytest.mark.parametrize(
    ("old", "new", "kept", "counted"),
    [
        pytest.param((100, 10), Counter(130, 14), (130, 14), (30, 4), id="growth counts"),
        pytest.param(None, Counter(7, 7), (7, 7), (7, 7), id="a series that is born counts from 0"),
        pytest.param((100, 10), None, (100, 10), (0, 0), id="an absent series is remembered"),
        pytest.param(None, None, None, (0, 0), id="no series yet"),
        pytest.param((100, 10), Counter(12, 3), (12, 3), (12, 3), id="below half is a new process"),
        pytest.param((100, 10), Counter(98, 10), (100, 10), (0, 0), id="a small drop is an older copy"),
        pytest.param((100, 10), Counter(130, 2), (130, 2), (30, 2), id="the bad series alone began again"),
        pytest.param((100, 10), Counter(130, 9), (130, 10), (30, 0), id="a small drop of the bad ones"),
        pytest.param((100, 10), Counter(105, 30), (105, 30), (5, 5), id="never more bad ones than requests"),
        pytest.param(None, Counter(5, 9), (5, 5), (5, 5), id="nor at birth"),
        pytest.param((1, 1), Counter(0, 0), (0, 0), (0, 0), id="back to nothing"),
    ],
)
def test_what_two_scrapes_say(
    old: tuple[float, float] | None,
    new: Counter | None,
    kept: tuple[float, float] | None,
    counted: tuple[float, float],
) -> None:
    """Resets, births, gaps and replicas slightly behind are told apart."""
    value, counts = difference(old, new)
    assert (value, (counts.requests, counts.bad)) == (kept, counted)


_COUNTERS = st.builds(Counter, st.integers(0, 1000), st.integers(0, 1000))


@given(st.lists(st.none() | _COUNTERS, max_size=30))
@settings(deadline=None)
def test_counts_are_always_possible(readings: list[Counter | None]) -> None:
    """Whatever the counters do, 0 ≤ bad ≤ requests, and no more is counted than the counters ever showed."""
    kept: tuple[float, ...] | None = None
    for reading in readings:
        kept, counts = difference(kept, reading)
        assert 0 <= counts.bad <= counts.requests <= (reading.total if reading else 0)


@pytest.mark.parametrize("wrong", [nan, inf, -inf, -1.0])
@pytest.mark.parametrize("where", ["canary", "baseline"])
@pytest.mark.parametrize("part", ["total", "bad"])
def test_a_number_that_is_no_count_makes_a_source_unreadable(wrong: float, where: str, part: str) -> None:
    """NaN passes a naive comparison; here it does not pass."""
    broken = {where: Counter(**{"total": 5.0, "bad": 1.0, part: wrong})}
    assert not readable(SourceSample(at=START, **{"canary": None, "baseline": None, **broken}))


def test_absent_series_are_readable() -> None:
    """No series is a value."""
    assert readable(SourceSample(START, None, Counter(3, 0)))
