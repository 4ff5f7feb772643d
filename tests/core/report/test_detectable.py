import pytest

from canary_operator.api.evidence import Arms, Counts
from canary_operator.core.report.detectable import smallest_detectable


def counts(canary: float, baseline: float, rate: float) -> Arms:
    return Arms(canary=Counts(requests=canary), baseline=Counts(requests=baseline, bad=baseline * rate))


def test_more_requests_show_smaller_harm() -> None:
    """And never less than what is allowed."""
    found = [smallest_detectable(counts(n, 19 * n, 0.01), 1.5, 111) for n in (100, 1000, 10_000, 100_000)]
    known = [value for value in found if value is not None]
    assert len(known) == 4
    assert known == sorted(known, reverse=True)
    assert known[0] > 8
    assert 1.5 < known[-1] < 2.1


@pytest.mark.parametrize("arms", [counts(0, 1000, 0.01), counts(1000, 0, 0), counts(2, 1000, 0.01)])
def test_too_few_requests_show_nothing(arms: Arms) -> None:
    """Two requests that both fail are no three errors."""
    assert smallest_detectable(arms, 1.5, 111) is None


def test_a_baseline_that_burns_hides_everything() -> None:
    """Nothing can be more than 1.5 times worse than 80 %."""
    assert smallest_detectable(counts(10_000, 10_000, 0.8), 1.5, 111) is None
