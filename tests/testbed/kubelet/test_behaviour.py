from random import Random
from statistics import fmean, median

import pytest

from testbed.kubelet.behaviour import Behaviour, Distribution


def seeded() -> Random:
    return Random(1)  # noqa: S311 - it must repeat, not surprise


def test_errors_come_at_their_rate() -> None:
    """5 % of many requests fail."""
    chance = seeded()
    behaviour = Behaviour("v1", error_rate=0.05)
    assert sum(behaviour.fails(1, chance) for _ in range(10_000)) == pytest.approx(500, abs=80)


def test_every_request_fails_from_the_given_moment() -> None:
    """A healthy version turns bad at its age, not before."""
    behaviour = Behaviour("v1", fail_after=30)
    assert [behaviour.fails(age, seeded()) for age in (0, 29.9, 30, 300)] == [False, False, True, True]


@pytest.mark.parametrize("distribution", Distribution)
def test_each_distribution_has_the_mean_that_was_asked_for(distribution: Distribution) -> None:
    """LATENCY_MS is the mean, whatever the shape."""
    chance = seeded()
    behaviour = Behaviour("v1", latency=0.2, latency_distribution=distribution)
    assert fmean(behaviour.delay(chance) for _ in range(20_000)) == pytest.approx(0.2, rel=0.03)


def test_distributions_differ_in_shape() -> None:
    """The median lies below the mean where there is a tail."""
    chance = seeded()

    def middle(distribution: Distribution) -> float:
        behaviour = Behaviour("v1", latency=1.0, latency_distribution=distribution)
        return median(behaviour.delay(chance) for _ in range(5_000))

    assert middle(Distribution.CONSTANT) == 1.0
    assert middle(Distribution.EXPONENTIAL) == pytest.approx(0.69, abs=0.05)
    assert middle(Distribution.LOGNORMAL) == pytest.approx(0.88, abs=0.05)


@pytest.mark.parametrize("distribution", Distribution)
def test_no_latency_is_no_delay(distribution: Distribution) -> None:
    """A mean of 0 is 0 under every distribution."""
    assert Behaviour("v1", latency_distribution=distribution).delay(seeded()) == 0


def test_failures_may_be_faster_than_answers() -> None:
    """A version that gives up early looks fast to whoever counts its failures as answers."""
    slow, hasty = Behaviour("v1", latency=0.2), Behaviour("v1", latency=0.2, fast_failures=True)
    assert [one.delay(seeded(), failed=True) for one in (slow, hasty)] == [0.2, 0]
    assert hasty.delay(seeded()) == 0.2
