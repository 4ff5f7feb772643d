"""Pods of one version that differ: what of it is chance, what is company, and what stays."""

from math import exp
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from canary_operator.api.evidence import Counts
from canary_operator.core.evidence.dispersion import LARGEST
from canary_operator.core.evidence.spread import WIDEST, allowance, company_of_pods, spread_of_pods
from tests.core.evidence.stream import Traffic

MINUTES = 30
COUNT = some.integers(0, 10_000)


def half_an_hour(seed: int, *, errors: float = 6, tau: float = 0, at_once: int = 1) -> dict[str, list[Counts]]:
    """Each of ten pods serves 600 requests in a minute; so many of them fail on average, each so many times."""
    chance = Random(seed)  # noqa: S311 - it must repeat, not surprise
    made = {}
    for pod in range(10):
        mean = errors * exp(chance.gauss(0, tau))
        traffic = Traffic(chance.randrange(10**9), 600, 1.0, mean / at_once / 600, 0)
        minutes = (traffic.arms(1)[0] for _ in range(MINUTES))
        made[f"p{pod}"] = [Counts(requests=every, bad=min(every, at_once * bad)) for every, bad in minutes]
    return made


def found(seed: int, *, errors: float = 6, tau: float = 0, at_once: int = 1) -> tuple[float, float]:
    pods = half_an_hour(seed, errors=errors, tau=tau, at_once=at_once)
    phi = company_of_pods(pods)
    return phi, spread_of_pods(pods, phi)


@pytest.mark.parametrize("errors", [0.1, 1, 6, 60])
def test_identical_pods_are_seldom_taken_for_different_ones(errors: float) -> None:
    """Either would cost detection time."""
    every = [found(seed, errors=errors) for seed in range(100)]
    assert sum(phi > 1 for phi, _ in every) <= 6
    assert sum(tau > 0 for _, tau in every) <= 4


@pytest.mark.parametrize("tau", [0.3, 0.6])
def test_pods_that_differ_for_good_are_known_and_are_no_company(tau: float) -> None:
    every = [found(seed, tau=tau) for seed in range(60)]
    assert sum(phi > 1 for phi, _ in every) <= 5
    assert 0.7 * tau < sorted(seen for _, seen in every)[30] < 1.3 * tau


@pytest.mark.parametrize("at_once", [3, 6])
def test_errors_in_company_are_no_lasting_difference(at_once: int) -> None:
    """Without phi beside it, half of such baselines would look as if their pods differed."""
    every = [found(seed, at_once=at_once) for seed in range(60)]
    assert 0.7 * at_once < sorted(phi for phi, _ in every)[30] < 1.5 * at_once
    assert sum(tau > 0 for _, tau in every) <= 3


def test_an_incident_hides_nothing() -> None:
    pods = half_an_hour(1)
    pods["p0"][7] = Counts(requests=600, bad=600)
    assert company_of_pods(pods) == LARGEST


def test_a_pod_that_was_not_there_all_the_time_says_nothing_of_company() -> None:
    """Its errors came late because it came late."""
    pods = half_an_hour(2)
    late = {**pods, "new": [Counts()] * 20 + [Counts(requests=600, bad=60)] * 10}
    assert company_of_pods(late) == company_of_pods(pods)


@pytest.mark.parametrize(
    "pods",
    [{}, {"a": [Counts(requests=9, bad=3)] * 9}, {"a": [Counts()], "b": [Counts()]}, {"a": [], "b": []}],
    ids=["none", "one", "no request", "no minute"],
)
def test_nothing_to_compare_is_no_difference(pods: dict[str, list[Counts]]) -> None:
    assert company_of_pods(pods) == 1
    assert spread_of_pods(pods, 1.0) == 0


@given(some.lists(some.lists(some.tuples(COUNT, COUNT), min_size=12, max_size=12), max_size=5))
def test_whatever_was_counted_phi_and_tau_are_numbers_of_their_kind(counts: list[list[tuple[int, int]]]) -> None:
    pods = {
        str(pod): [Counts(requests=max(pair), bad=min(pair)) for pair in minutes] for pod, minutes in enumerate(counts)
    }
    phi = company_of_pods(pods)
    assert 1 <= phi <= LARGEST
    assert 0 <= spread_of_pods(pods, phi) < 100


@given(some.floats(0, 50), some.integers(0, 50), some.integers(0, 50))
def test_more_pods_never_need_more_room(tau: float, canary: int, baseline: int) -> None:
    wide = allowance(tau, canary, baseline)
    assert 1 <= wide <= WIDEST * 1.0001
    if canary and baseline >= 2:
        assert allowance(tau, canary + 1, baseline) <= wide
        assert allowance(tau, canary, baseline + 1) <= wide


def test_a_single_pod_of_the_baseline_shows_no_difference() -> None:
    assert allowance(1.0, 3, 1) == 1
