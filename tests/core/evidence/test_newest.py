import pytest

from canary_operator.api.evidence import Alone, Arms, Counts, Evidence
from canary_operator.core.evidence.newest import is_worse_than_allowed
from tests.core.evidence.stream import arms, comparing


@pytest.mark.parametrize(
    ("bounds", "canary", "baseline", "worse"),
    [
        ({"max": "5%"}, (50, 50), (450, 0), True),
        ({"max": "5%"}, (100, 5), (900, 0), False),
        ({"max": "5%"}, (2, 2), (18, 0), False),
        ({"maxIncrease": "50%"}, (100, 4), (900, 18), True),
        ({"maxIncrease": "50%"}, (100, 3), (900, 18), False),
        ({"maxIncrease": "50%"}, (10_000, 5), (90_000, 0), False),
        ({"maxIncrease": "50%"}, (50, 50), (0, 0), False),
        ({"max": "50%", "maxIncrease": "50%"}, (100, 4), (900, 0), True),
    ],
    ids=["all fail", "at the limit", "too few", "above the baseline", "as allowed", "too little to matter",
         "nobody beside it", "either bound"],
)  # fmt: skip
def test_a_look_is_held_against_each_bound(
    bounds: dict[str, str], canary: tuple[int, int], baseline: tuple[int, int], worse: bool
) -> None:
    """As counted, without any evidence from before."""
    assert is_worse_than_allowed(Evidence(newest=arms(canary, baseline)), comparing(**bounds)) is worse


def test_at_100_percent_it_is_held_against_what_is_blatant() -> None:
    """Where only a comparison was asked for and there is no baseline any more."""
    for bad, worse in ((30.0, True), (10.0, False)):
        newest = Arms(canary=Counts(requests=100.0, bad=bad))
        evidence = Evidence(newest=newest, alone=Alone(ceiling=0.2))
        assert is_worse_than_allowed(evidence, comparing(maxIncrease="50%")) is worse
