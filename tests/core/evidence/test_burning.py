import pytest

from canary_operator.api.evidence import MOST_BINS, Bin, Counts
from canary_operator.core.evidence.burning import burns, last_minute, remember


def test_only_the_last_minute_counts() -> None:
    """What the baseline did two minutes ago says nothing about now."""
    bins: tuple[Bin, ...] = ()
    for second in range(1, 121):
        bad = 1 if second < 50 else 0
        bins = remember(bins, Counts(requests=1, bad=bad), 1000.0 + second)
        assert len(bins) <= MOST_BINS
    assert last_minute(bins).bad == 0
    assert 60 <= last_minute(bins).requests <= 70


def test_a_gap_is_forgotten_too() -> None:
    """After a silence the first look stands alone."""
    bins = remember((), Counts(requests=100, bad=100), 1000.0)
    assert last_minute(remember(bins, Counts(requests=30, bad=1), 1300.0)) == Counts(requests=30, bad=1)


@pytest.mark.parametrize(
    ("requests", "bad", "burning"), [(100, 21, True), (100, 20, False), (19, 19, False), (20, 20, True), (0, 0, False)]
)
def test_a_baseline_burns_above_its_limit(requests: int, bad: int, burning: bool) -> None:
    """More than 20 % of at least 20 requests."""
    assert burns((Bin(at=0, requests=requests, bad=bad),), 0.2) is burning
