import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.providers.metrics.pace import LONGEST_WAIT, Pace


def simulate(period: float, phase: float, takes: float, looks: int = 60) -> list[float]:
    """Ages of the newest sample at each look, when a scrape is visible `takes` seconds after its own time."""
    pace, now, ages = Pace(), 1000.0 * period, []
    for _ in range(looks):
        newest = ((now - takes - phase) // period) * period + phase
        ages.append(now - newest)
        now += pace.after_answer(period, ages[-1])
    return ages


@given(st.sampled_from([1.0, 5.0, 15.0, 60.0]), st.floats(0, 1), st.floats(0, 0.4))
def test_looks_settle_shortly_after_the_scrape(period: float, phase: float, takes: float) -> None:
    """Whatever the first look's moment and however long a scrape takes, the samples are soon nearly fresh."""
    late = simulate(period, phase * period, takes * period)[30:]
    assert max(late) <= max(0.5, (takes + 0.2) * period)


def test_a_look_per_scrape_and_no_more() -> None:
    """Looking twice at one scrape would cost without telling anything."""
    pace = Pace()
    assert pace.after_answer(15, 0.5) == pytest.approx(15)
    assert pace.after_answer(15, 14.5) == pytest.approx(1)
    assert pace.after_answer(15, None) == 15


@given(st.floats(1, 60), st.none() | st.floats(-100, 1000))
def test_looks_keep_their_distance(period: float, age: float | None) -> None:
    """Whatever the server says about the age, the next look is neither at once nor much later than a scrape."""
    assert period / 200 <= Pace().after_answer(period, age) <= period * 1.5


@pytest.mark.parametrize("age", [1.2, 50.0])
def test_samples_that_always_come_late_slow_nothing_down(age: float) -> None:
    """A store that lags behind its scrapes is looked at once per scrape all the same."""
    pace = Pace()
    waits = [pace.after_answer(1.0, age) for _ in range(10)]
    assert waits[5:] == [1.0] * 5


def test_failures_are_asked_again_ever_more_patiently() -> None:
    """A dead server is asked every ten seconds at most, and an answer forgives everything."""
    pace = Pace()
    assert [pace.after_failure() for _ in range(6)] == [1, 2, 4, 8, LONGEST_WAIT, LONGEST_WAIT]
    pace.after_answer(1, 0.1)
    assert pace.after_failure() == 1
