from math import log

import pytest

from canary_operator.core.evidence.onset import gain, restart
from tests.core.evidence.stream import arms


def test_the_gain_is_that_of_twice_as_bad() -> None:
    """Formula d_m of the comparison with m = 2."""
    expected = (5 * log(2) + 14 * log((50 * 1.5 + 950) / (50 * 3 + 950))) / 1.2
    assert gain(arms((50, 5), (950, 9)), 1.5, 1.2) == pytest.approx(expected)


@pytest.mark.parametrize("stratum", [arms((0, 0), (90, 3)), arms((7, 7), (0, 0))])
def test_an_arm_without_requests_moves_no_start(stratum: object) -> None:
    """Nothing can be compared with nothing."""
    assert gain(stratum, 1.5, 1.0) == 0  # type: ignore[arg-type]


def test_the_start_is_found_where_the_harm_began() -> None:
    """Healthy looks keep resetting the start; from the first bad one on it stays."""
    healthy, bad = arms((50, 0), (950, 10)), arms((50, 8), (950, 10))
    suspicion, start = 0.0, 0
    for look, stratum in enumerate([healthy] * 30 + [bad] * 10):
        suspicion = restart(suspicion, gain(stratum, 1.5, 1.0))
        start = look + 1 if suspicion == 0 else start
    assert start == 30
