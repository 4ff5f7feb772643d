from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from canary_operator.core.capacity import canary_replicas


def test_the_examples_of_the_docstring_hold() -> None:
    """Enough for the share, and one pod only where stable has one."""
    assert canary_replicas(10, Fraction(1, 4)) == 3
    assert canary_replicas(10, Fraction(1, 20)) == 2
    assert canary_replicas(1, Fraction(1, 20)) == 1


@given(st.integers(0, 500), st.fractions(0, 1), st.fractions(0, 1))
def test_more_weight_never_needs_fewer_pods(base: int, one: Fraction, other: Fraction) -> None:
    """Scaling up before a weight rises never scales down."""
    low, high = sorted((one, other))
    assert 1 <= canary_replicas(base, low) <= canary_replicas(base, high) <= max(base, 1)
