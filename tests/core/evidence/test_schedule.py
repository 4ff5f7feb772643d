from datetime import timedelta
from itertools import accumulate

import pytest

from canary_operator.core.evidence.schedule import planned_looks, spent, stake


@pytest.mark.parametrize("planned", [2, 3, 60, 1800])
def test_what_was_spent_is_the_sum_of_the_stakes(planned: int) -> None:
    """After any number of looks the capital that is left is 1 minus what was staked, and never negative."""
    looks = range(1, 3 * planned)
    for look, total in zip(looks, accumulate(stake(look, planned) for look in looks), strict=True):
        assert spent(look, planned) == pytest.approx(total, abs=1e-12)
        assert total <= 1


def test_the_plan_takes_all_but_the_reserve() -> None:
    """At the last planned look 2 % are left for a run that takes longer."""
    assert spent(180, 180) == pytest.approx(0.98)
    assert stake(181, 180) == pytest.approx(0.01)
    assert spent(0, 180) == 0


def test_a_plan_has_at_least_two_looks() -> None:
    """A stage shorter than a look could otherwise never fail."""
    assert planned_looks(timedelta(seconds=5), timedelta(seconds=15)) == 2
    assert planned_looks(timedelta(minutes=30), timedelta(seconds=10)) == 180
