"""The split that the weight says, and others."""

from datetime import timedelta
from math import prod
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binom

from canary_operator.api.evidence import Split
from canary_operator.core.evidence.judge import begin, fold, new_stage
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.evidence.share import is_ignored, is_off
from tests.core.evidence.stream import START, terms

WEIGHTS = (0.001, 0.05, 0.5, 0.9)


def followed(canary: float, baseline: float) -> Split:
    return Split(canary=canary, baseline=baseline)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_an_exact_split_is_never_called_another(weight: float) -> None:
    """Asked after each ten requests, in three hundred stages; one in a thousand may be."""
    chance = Random(weight)  # noqa: S311 - it must repeat, not surprise
    wrong = 0
    for _ in range(300):
        canary = 0
        for requests in range(10, 2010, 10):
            canary += sum(chance.random() < weight for _ in range(10))
            if is_off(followed(canary, requests - canary), weight):
                wrong += 1
                break
    assert wrong <= 3


@pytest.mark.parametrize(("weight", "share"), [(0.05, 0.02), (0.05, 0.5), (0.5, 0.1), (0.5, 0.99), (0.9, 0.5)])
def test_another_split_is_seen_soon(weight: float, share: float) -> None:
    requests = next(n for n in range(10, 5000, 10) if is_off(followed(n * share, n * (1 - share)), weight))
    assert requests <= 700


def test_the_average_of_the_ratios_is_expected_to_be_one() -> None:
    """Summed over all outcomes of twelve requests; what it says is then a bet that the exact split does not lose."""
    weight, requests = 0.3, 12
    others = (0.1, 0.2, 0.45, 0.3 + 2 / 3 * 0.7)
    expected = sum(
        binom.pmf(count, requests, weight)
        * sum(binom.pmf(count, requests, other) / binom.pmf(count, requests, weight) for other in others)
        / len(others)
        for count in range(requests + 1)
    )
    assert expected == pytest.approx(1)


@given(some.floats(0, 1), some.integers(0, 10**6), some.integers(0, 10**6))
def test_less_than_half_as_much_again_is_as_good_as_the_weight(weight: float, canary: int, baseline: int) -> None:
    requests = canary + baseline
    if requests and weight / 1.5 <= canary / requests <= weight * 1.5:
        assert not is_off(followed(canary, baseline), weight)
    assert not is_off(followed(canary, baseline), 1.0)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_a_canary_that_nobody_asks_is_seen_when_chance_can_not_be_it(weight: float) -> None:
    enough = next(n for n in range(1, 10**5) if is_ignored(Split(elsewhere=n), weight))
    assert prod([1 - weight] * enough) <= 0.001 < prod([1 - weight] * (enough - 1))
    assert not is_ignored(Split(canary=1, elsewhere=10**6), weight)


def test_callers_that_never_send_to_the_canary_are_kept_apart() -> None:
    """Their first look is a reference; a follower counts from the look after its first request to the canary."""
    evidence = begin()
    for at in range(4):
        now, split = START + timedelta(seconds=at), Counter(5 * at, 0) if at else None
        gateway, job = SourceSample(now, split, Counter(95 * at, 0)), SourceSample(now, None, Counter(1000 * at, 0))
        evidence = fold(evidence, Sample({"gateway": gateway, "job": job}), terms(), clean_from=START)
    assert evidence.split == Split(canary=10, baseline=190, elsewhere=3000 + 95)
    assert new_stage(evidence).split == Split()
