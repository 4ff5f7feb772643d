import pytest

from testbed.soak.command import Soak, duration


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("8h", 28800)])
def test_a_duration(text: str, seconds: int) -> None:
    """A number with a unit."""
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "-3m", "1.5h", "3m "])
def test_anything_else_is_refused(text: str) -> None:
    """Nobody waits eight minutes for a night."""
    with pytest.raises(ValueError, match="no duration"):
        duration(text)


def test_a_soak_that_never_ran_is_no_success() -> None:
    """No violation of nothing proves nothing."""
    soak = Soak(seed=1, seconds=1)
    assert not soak.all_well()
    assert soak.summary() == "the soak did not finish"
