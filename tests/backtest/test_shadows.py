import random
from datetime import timedelta
from fractions import Fraction

import pytest

from canary_operator.api.rollout import Stage
from canary_operator.backtest.recording import samples
from canary_operator.backtest.shadows import _binomial, shadows
from tests.backtest.recorded import ARMS, recorded
from tests.core.evidence.stream import terms

STAGES = (
    Stage(weight=Fraction(1, 10), duration=timedelta(minutes=5)),
    Stage(weight=Fraction(1, 2), duration=timedelta(minutes=5)),
)
TERMS = terms(look=10, planned=600)


def test_stable_against_itself_is_never_harmful() -> None:
    """However much both fail: two hours have room for twelve runs of ten minutes, and none is a false alarm."""
    for errors in (0.0, 9.0, 300.0):
        found = list(shadows(list(samples(recorded(725, (900, errors)), ARMS)), STAGES, TERMS, seed=1))
        assert len(found) == 12
        assert all(one.harm_at is None for one in found)


def test_a_pretended_canary_gets_its_weight() -> None:
    """10 % of five minutes and half of the other five."""
    (found,) = shadows(list(samples(recorded(65, (900, 9)), ARMS)), STAGES, TERMS, seed=1)
    assert found.requests == pytest.approx(0.1 * 30 * 900 + 0.5 * 30 * 900, rel=0.03)


def test_one_seed_is_one_outcome() -> None:
    looks = list(samples(recorded(130, (900, 9)), ARMS))
    one, same, other = ([*shadows(looks, STAGES, TERMS, seed=seed)] for seed in (1, 1, 2))
    assert one == same != other


def test_a_short_recording_has_no_room_for_a_run() -> None:
    assert list(shadows(list(samples(recorded(60, (900, 9)), ARMS)), STAGES, TERMS, seed=1)) == []
    assert list(shadows([], STAGES, TERMS, seed=1)) == []


@pytest.mark.parametrize(("trials", "probability"), [(1, 0.5), (7, 0.3), (400, 0.02), (50, 0.97)])
def test_the_split_is_binomial(trials: int, probability: float) -> None:
    """Mean and variance of twenty thousand draws, within six standard errors."""
    chance, draws = random.Random(7), 20_000  # noqa: S311
    found = [_binomial(trials, probability, chance) for _ in range(draws)]
    mean, variance = trials * probability, trials * probability * (1 - probability)
    seen = sum(found) / draws
    assert abs(seen - mean) < 6 * (variance / draws) ** 0.5
    scatter = sum((one - mean) ** 2 for one in found) / draws
    assert scatter == pytest.approx(variance, rel=0.08)
    assert 0 <= min(found) <= max(found) <= trials


def test_all_or_nothing_needs_no_chance() -> None:
    assert [_binomial(9, probability, random.Random(1)) for probability in (0.0, 1.0)] == [0, 9]  # noqa: S311
