import random

import pytest

from canary_operator.api.evidence import Counts
from canary_operator.backtest.split import binomial, chosen, numbers_shared, pods_split, thinned_together
from canary_operator.core.evidence.sample import Numbers, Pods
from tests.doubles.memory import NOON

PODS = [f"pod-{number}" for number in range(10)]


@pytest.mark.parametrize(("trials", "probability"), [(1, 0.5), (7, 0.3), (400, 0.02), (50, 0.97)])
def test_the_split_is_binomial(trials: int, probability: float) -> None:
    """Mean and variance of twenty thousand draws, within six standard errors."""
    chance, draws = random.Random(7), 20_000  # noqa: S311
    found = [binomial(trials, probability, chance) for _ in range(draws)]
    mean, variance = trials * probability, trials * probability * (1 - probability)
    seen = sum(found) / draws
    assert abs(seen - mean) < 6 * (variance / draws) ** 0.5
    scatter = sum((one - mean) ** 2 for one in found) / draws
    assert scatter == pytest.approx(variance, rel=0.08)
    assert 0 <= min(found) <= max(found) <= trials


def test_all_or_nothing_needs_no_chance() -> None:
    found = [binomial(trials, probability, random.Random(1)) for trials, probability in ((9, 0), (9, 1), (-2, 0.5))]  # noqa: S311
    assert found == [0, 9, 0]


def test_slower_requests_stay_among_the_slow_ones() -> None:
    """In every split: what exceeds 250 ms exceeds 100 ms, and both are shares of the same requests."""
    counts = {
        "": Counts(requests=800, bad=30),
        "100": Counts(requests=900, bad=90),
        "250": Counts(requests=900, bad=60),
        "orders": Counts(requests=50, bad=10),
    }
    chance = random.Random(3)  # noqa: S311
    for _ in range(200):
        found = thinned_together(counts, ["1000", "250", "100"], 0.3, chance)
        assert set(found) == set(counts)
        assert found[""].bad <= found["250"].bad <= found["100"].bad <= found["100"].requests
        assert found["100"].requests == found["250"].requests
        assert found["orders"].bad <= found["orders"].requests <= 50


def test_durations_that_come_later_than_failures_are_split_as_they_are() -> None:
    """Of ten slow requests no more than ten are given, however many failed already."""
    counts = {"": Counts(requests=100, bad=50), "100": Counts(requests=100, bad=10)}
    chance, draws = random.Random(3), 2000  # noqa: S311
    slow = [thinned_together(counts, ["100"], 0.3, chance)["100"].bad for _ in range(draws)]
    assert max(slow) <= 10
    assert sum(slow) / draws == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize(
    ("pods", "weight", "canary"),
    [(10, 0.1, 1), (10, 0.5, 5), (10, 0.9, 5), (6, 0.5, 1), (3, 0.5, 1), (1, 0.1, 1), (0, 0.5, 0)],
)
def test_enough_pods_stay_to_be_compared_with(pods: int, weight: float, canary: int) -> None:
    """Five, where there are so many; one is always the canary's."""
    found = chosen(PODS[:pods], weight, random.Random(1))  # noqa: S311
    assert len(found) == canary
    assert found <= set(PODS[:pods])


def test_pods_that_come_later_are_the_baselines() -> None:
    found = pods_split(Pods(NOON, {}, {"a": 1.0, "b": 2.0, "c": 3.0}), frozenset({"a", "gone"}))
    assert (found.canary, found.baseline) == ({"a": 1.0}, {"b": 2.0, "c": 3.0})


def test_a_number_is_shown_by_both() -> None:
    assert numbers_shared(Numbers(NOON, None, 7)) == Numbers(NOON, 7, 7)
