from random import Random

import pytest
from scipy import stats

from canary_operator.core.evidence.student import quantile, upper_tail

DEGREES = (1, 2, 4, 5, 9, 30, 200)


@pytest.mark.parametrize("degrees", DEGREES)
def test_the_tail_is_that_of_scipy(degrees: int) -> None:
    chance = Random(degrees)  # noqa: S311 - it must repeat, not surprise
    for t in (0.0, -0.5, *(chance.uniform(-40, 40) for _ in range(200))):
        assert upper_tail(t, degrees) == pytest.approx(stats.t.sf(t, degrees), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("share", [0.4, 0.2, 0.025, 0.003, 0.00075, 1e-6])
def test_the_quantile_is_that_of_scipy(degrees: int, share: float) -> None:
    assert quantile(share, degrees) == pytest.approx(stats.t.isf(share, degrees), rel=1e-6)
