"""Errors that keep company: how much of it is seen, and that chance alone is not taken for it."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import chi2

from canary_operator.api.evidence import Counts
from canary_operator.core.evidence.dispersion import LARGEST, by_chance, dispersion
from canary_operator.core.evidence.judge import begin, fold, judge
from tests.core.evidence.stream import START, Gateway, Traffic, comparing, terms

STEPS = 180
COUNT = some.integers(0, 10_000)


def half_an_hour(seed: int, errors: float, at_once: int = 1, *, spikes: bool = False) -> list[Counts]:
    """Steps of a thousand requests with so many errors on average, each of which comes so many times."""
    steps = []
    for step in range(STEPS):
        mean = errors * (20 if spikes and step % 6 == 0 else 1)
        (requests, bad), _ = Traffic(seed * STEPS + step, 1000, 1.0, mean / at_once / 1000, 0).arms(1)
        steps.append(Counts(requests=requests, bad=min(requests, at_once * bad)))
    return steps


@pytest.mark.parametrize("errors", [0.05, 1, 10, 50])
def test_independent_errors_are_seldom_taken_for_company(errors: float) -> None:
    """About one in a hundred, and then by little: it would cost detection time."""
    found = [dispersion(half_an_hour(seed, errors)) for seed in range(100)]
    assert sum(phi > 1 for phi in found) <= 4
    assert max(found) < 2 or errors < 1


@pytest.mark.parametrize("errors", [10, 100])
@pytest.mark.parametrize("at_once", [3, 6])
def test_company_is_measured(errors: float, at_once: int) -> None:
    """Three errors for each failing request scatter three times as wide; few groups look rather more so than less."""
    found = median(dispersion(half_an_hour(seed, errors, at_once)) for seed in range(40))
    assert 0.8 * at_once <= found <= 1.7 * at_once


def test_common_spikes_are_not_company_where_many_errors_are() -> None:
    """Ten seconds of each minute are bad for everybody, which the comparison of the arms knows already."""
    assert median(dispersion(half_an_hour(seed, 20, spikes=True)) for seed in range(20)) < 4


def test_an_incident_before_the_run_hides_nothing() -> None:
    """However wild the half hour was, evidence is divided by ten at most."""
    wild = half_an_hour(1, 1)
    wild[90:95] = [Counts(requests=1000, bad=1000)] * 5
    assert dispersion(wild) == LARGEST


def test_counters_that_come_back_are_no_step() -> None:
    """A process that was away for a while brings all of its past, and all of its errors, in one step."""
    steps = half_an_hour(2, 10)
    back = [*steps[:90], Counts(requests=1_000_000, bad=400_000), *steps[90:]]
    assert dispersion(back) == dispersion(steps)


@pytest.mark.parametrize("steps", [[], [Counts()] * 9, [Counts(requests=5)] * 9, [Counts(requests=5, bad=5)]])
def test_nothing_to_measure_is_no_company(steps: list[Counts]) -> None:
    """No request, no error, or a single step."""
    assert dispersion(steps) == 1


@given(some.lists(some.tuples(COUNT, COUNT), max_size=30))
def test_phi_is_always_between_one_and_the_largest(counts: list[tuple[int, int]]) -> None:
    """Whatever was counted."""
    steps = [Counts(requests=max(pair), bad=min(pair)) for pair in counts]
    assert 1 <= dispersion(steps) <= LARGEST


@pytest.mark.parametrize("degrees", [2, 10, 120])
def test_chance_is_that_of_chi_square(degrees: int) -> None:
    """Wilson and Hilferty's cube, beside scipy."""
    assert by_chance(degrees) == pytest.approx(float(chi2.ppf(0.99, degrees)) / degrees, rel=0.02)


def test_healthy_canaries_survive_groups_that_are_known() -> None:
    """Ten errors at once in both arms: taken for independent they roll some back, and known from before none."""
    known = dispersion(half_an_hour(3, 27, at_once=10))
    assert known > 5
    taken = {phi: sum(_harmed(seed, phi) for seed in range(40)) for phi in (1.0, known)}
    assert taken[1.0] >= 4
    assert taken[known] == 0


def _harmed(seed: int, phi: float) -> bool:
    groups = Traffic(seed, 0.3, 0.1, 1.0, 1.0)
    judged, evidence, gateway = terms(comparing(maxIncrease="0%"), look=10), begin(), Gateway()
    evidence = fold(evidence.model_copy(update={"phi": phi}), gateway.sample(), judged, clean_from=START)
    for _ in range(60):
        (_, canary), (_, baseline) = groups.arms(10)
        served = gateway.serve(10, (max(100, 10 * canary), 10 * canary), (900, 10 * baseline))
        evidence = fold(evidence, served, judged, clean_from=START)
        if judge(evidence, judged).harm:
            return True
    return False
