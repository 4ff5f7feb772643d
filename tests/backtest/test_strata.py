from dataclasses import replace

from canary_operator.api.evidence import Counts
from canary_operator.backtest.looks import looks
from canary_operator.backtest.strata import BEFORE, before, beside_of, phi_of, strata
from tests.backtest.recorded import ERRORS, P99, START, STEP, WISH, recorded, slow, wish


def test_each_quantity_is_differenced_by_itself() -> None:
    """Between two looks; the first one is what to count from."""
    found = list(strata(looks(slow(recorded(4, canary=(100, 5)), (900, 90)), wish(ERRORS, P99)).samples))
    assert [one.at for one in found] == [START + look * STEP for look in (2, 3)]
    assert all(one.counts.canary == Counts(requests=100, bad=5) for one in found)
    assert all(one.beside["100"] == Counts(requests=900, bad=90) for one in found)


def test_what_is_missing_at_a_look_is_counted_at_the_next() -> None:
    samples = list(looks(slow(recorded(5), (900, 90)), wish(ERRORS, P99)).samples)
    samples[2] = replace(samples[2], beside={})
    first, gap, last = strata(samples)
    assert (first.beside["100"].requests, gap.beside, last.beside["100"].requests) == (900, {}, 1800)


def test_the_half_hour_before_is_what_phi_is_measured_in() -> None:
    samples = looks(recorded(400), WISH).samples
    moment = START + 300 * STEP
    found = before(samples, moment)
    assert (found[0].at, found[-1].at) == (moment - BEFORE, moment)
    assert list(before(samples, START - STEP)) == []


def test_without_a_past_bad_requests_are_taken_as_independent() -> None:
    assert phi_of([]) == 1
    assert phi_of(looks(recorded(3), WISH).samples) == 1
    assert beside_of(looks(recorded(3), WISH).samples, "100") == []
