"""What silence is worth: a canary as bad as the sentence says is found as often as it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import gamma

from canary_operator.core.evidence.bounds import FEWEST_ERRORS
from canary_operator.core.evidence.detectable import POWER, detectable, fewest_for_a_breach
from canary_operator.core.evidence.judge import Terms, begin, fold, judge
from tests.core.evidence.stream import START, Gateway, Traffic, arms, comparing, fold_all, terms

REQUESTS = some.integers(0, 100_000)


def test_fewer_than_three_requests_find_nothing() -> None:
    """Fewer than three errors never roll back, so two requests can't."""
    assert detectable(arms((2, 0), (1000, 10)), comparing(), 1.0) is None
    assert "too few requests yet to find even a canary that fails everything" in _said((2, 0), (1000, 10))


def test_nothing_served_promises_nothing() -> None:
    """Without a request there is nothing to say, and nothing is said."""
    assert "found by now" not in judge(begin(), terms()).sentence
    assert "found by now" not in _said((0, 0), (1000, 10))


def test_the_sentence_says_it_until_there_is_harm() -> None:
    """A breach needs no word about what else could have been found."""
    assert "; a rate of 6.04% would have been found by now, 4 times out of 5; evidence" in _said((300, 2), (5700, 57))
    assert "found by now" not in _said((300, 200), (5700, 57))


def _said(canary: tuple[float, float], baseline: tuple[float, float]) -> str:
    gateway = Gateway()
    ours, theirs = (canary[0] / 10, canary[1] / 10), (baseline[0] / 10, baseline[1] / 10)
    samples = [gateway.sample()] + [gateway.serve(1, ours, theirs) for _ in range(10)]
    return judge(fold_all(begin(), samples, terms()), terms()).sentence


@pytest.mark.parametrize("bounds", [{"maxIncrease": "50%"}, {"max": "2%"}, {"maxIncrease": "50%", "max": "2%"}])
@pytest.mark.parametrize(("rate", "weight", "fails"), [(20, 0.1, 0.01), (100, 0.05, 0.001), (10, 0.5, 0.01)])
def test_the_real_judge_finds_it_four_times_out_of_five(
    bounds: dict[str, str], rate: float, weight: float, fails: float
) -> None:
    """Ten minutes of looks; later stakes and a lucky moment find some more than is said, nothing clearly fewer."""
    judged = terms(comparing(**bounds), look=30, planned=600)
    ours, theirs = rate * weight * 600, rate * (1 - weight) * 600
    bad = detectable(arms((ours, 0), (theirs, theirs * fails)), judged.errors, 1.0)
    assert bad is not None
    found = [_is_found(Traffic(seed, rate, weight, bad, fails), judged) for seed in range(40)].count(True)
    assert found >= 25, f"{found} of 40 at {bad:.2%}"
    half = [_is_found(Traffic(seed, rate, weight, bad / 2, fails), judged) for seed in range(40)].count(True)
    assert half <= 14, f"{half} of 40 at half of {bad:.2%}"


def _is_found(traffic: Traffic, judged: Terms) -> bool:
    gateway = Gateway()
    evidence = fold(begin(), gateway.sample(), judged, clean_from=START)
    while gateway.seconds < 600:
        evidence = fold(evidence, gateway.serve(30, *traffic.arms(30)), judged, clean_from=START)
        if judge(evidence, judged).harm:
            return True
    return False


@given(REQUESTS, some.integers(1, 100_000), some.floats(0, 1), some.sampled_from([1.0, 2.5, 10.0]))
def test_one_fewer_is_no_breach(canary: int, baseline: int, fails: float, phi: float) -> None:
    """It is the smallest number, and more requests of both arms never make a smaller rate undetectable."""
    seen = arms((canary, 0), (baseline, round(baseline * fails)))
    fewest = fewest_for_a_breach(seen, comparing(max="5%"), phi)
    assert fewest is None or FEWEST_ERRORS <= fewest <= canary
    rate = detectable(seen, comparing(max="5%"), phi)
    assert (rate is None) == (fewest is None)
    assert rate is None or fewest is None or min(1, fewest / canary) <= rate <= 1


@pytest.mark.parametrize("limit", ["0.01%", "0.1%", "1%", "10%"])
def test_the_quantile_is_that_of_the_gamma_distribution(limit: str) -> None:
    """Wilson and Hilferty's cube is within a hundredth of what scipy computes."""
    seen = arms((10_000, 0), (0, 0))
    found = fewest_for_a_breach(seen, comparing(max=limit), 1.0)
    assert found is not None
    exact = float(gamma.ppf(POWER, found)) / 10_000
    assert detectable(seen, comparing(max=limit), 1.0) == pytest.approx(exact, rel=0.01)
