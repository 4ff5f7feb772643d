import pytest

from canary_operator.core.evidence.phrases import strength


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "below 1"),
        (0.546, "below 1"),
        (1.0, "1"),
        (12.34, "12.3"),
        (169.7, "170"),
        (1400.2, "1400"),
        (1e12, "over a million"),
    ],
)
def test_the_strength_of_evidence_is_said_in_plain_numbers(value: float, said: str) -> None:
    """No exponents, and no decimals that mean nothing."""
    assert strength(value, 111.1) == f"evidence {said}, a breach from 111"
