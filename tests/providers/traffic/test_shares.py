from fractions import Fraction
from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.providers.traffic.shares import Weights, weights_for
from tests.providers.traffic.istio.strategies import SHARES


@pytest.mark.parametrize(
    ("share", "stable", "canary"),
    [
        (Fraction(0), 100, 0),
        (Fraction(1, 20), 95, 5),
        (Fraction(1, 200), 995, 5),
        (Fraction(1, 1_000_000), 999_999, 1),
        (Fraction(1), 0, 100),
        (Fraction(1, 3), 2, 1),
    ],
)
def test_alone_the_weights_have_a_readable_sum(share: Fraction, stable: int, canary: int) -> None:
    """Without other destinations the sum is 100, or what the share needs."""
    assert weights_for(share, 7, ()) == Weights(stable, canary, ())


def test_a_third_destination_keeps_its_tenth() -> None:
    """0.5 % of stable and canary beside 200 of 2000: 200/2000 stays, the rest is split 199 to 1."""
    assert weights_for(Fraction(1, 200), 1800, (200,)) == Weights(1791, 9, (200,))


def test_a_destination_without_traffic_does_not_change_the_scale() -> None:
    """Others at weight 0 are as good as absent, and stay at 0."""
    assert weights_for(Fraction(1, 4), 3, (0, 0)) == Weights(75, 25, (0, 0))


@given(share=SHARES, ours=st.integers(1, 1000), others=st.lists(st.integers(0, 300), max_size=3).map(tuple))
def test_every_share_is_exact(share: Fraction, ours: int, others: tuple[int, ...]) -> None:
    """The canary's part of ours is the share, and each other destination's part of everything is what it was."""
    weights = weights_for(share, ours, others)
    total = weights.total
    assert Fraction(weights.canary, weights.stable + weights.canary) == share
    assert [Fraction(each, total) for each in weights.others] == [Fraction(each, ours + sum(others)) for each in others]
    assert total == weights.stable + weights.canary + sum(weights.others) > 0


@given(first=SHARES, share=SHARES, ours=st.integers(1, 1000), other=st.integers(1, 1000))
def test_the_weights_follow_from_the_shares_alone(first: Fraction, share: Fraction, ours: int, other: int) -> None:
    """Splitting what was split before gives what splitting the original gives, in lowest terms."""
    before = weights_for(first, ours, (other,))
    again = weights_for(share, before.stable + before.canary, before.others)
    assert again == weights_for(share, ours, (other,))
    assert gcd(again.stable, again.canary, *again.others) == 1
