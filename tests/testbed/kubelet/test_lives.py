import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.kubelet.lives import Life, life_at


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0, Life(restarts=0, began=0, ends=20, next_change=20)),
        (19.9, Life(restarts=0, began=0, ends=20, next_change=20)),
        (20, Life(restarts=0, began=0, ends=20, next_change=21)),
        (21, Life(restarts=1, began=21, ends=41, next_change=41)),
        (42, Life(restarts=1, began=21, ends=41, next_change=43)),
        (43, Life(restarts=2, began=43, ends=63, next_change=63)),
    ],
)
def test_lives_and_pauses_take_turns(age: float, expected: Life) -> None:
    """Twenty seconds of life, a second without, twenty more, two without, and so on."""
    assert life_at(age, 20) == expected
    assert life_at(age, 20).alive == (expected.next_change == expected.ends)


@pytest.mark.parametrize("age", [0, 0.5, 3, 100])
def test_a_life_of_no_length_is_never_lived(age: float) -> None:
    """A process that ends as soon as it is started is never there."""
    assert not life_at(age, 0).alive


@given(age=st.floats(0, 3600), length=st.floats(0, 100))
def test_the_next_change_is_never_late_and_never_early(age: float, length: float) -> None:
    """It lies ahead; and at that age it is alive where it was not, or one restart is not yet counted."""
    now = life_at(age, length)
    assert now.next_change > age
    then = life_at(now.next_change, length)
    assert then != now
    assert then.restarts == now.restarts + (not now.alive)
