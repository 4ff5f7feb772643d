from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api.status import Pinned
from canary_operator.core.stage_clock import blind_since, freeze, stage_end, thaw
from tests.doubles.memory import NOON
from tests.doubles.worlds import a_run, at_stage

PINNED = Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5))


@given(st.integers(0, 10**6))
def test_a_stage_is_longer_by_the_time_its_clock_stood(seconds: int) -> None:
    """What was frozen is added to the end, once."""
    stood = timedelta(seconds=seconds)
    run = freeze(at_stage(), NOON)
    assert stage_end(run, NOON + stood) == NOON + timedelta(minutes=5) + stood
    thawed = thaw(run, NOON + stood)
    assert thawed.ends_at == NOON + timedelta(minutes=5) + stood
    assert thaw(thawed, NOON + 2 * stood) == thawed


def test_a_second_reason_to_stand_still_keeps_the_first_mark() -> None:
    """Two holds in a row freeze their whole time."""
    assert freeze(freeze(at_stage(), NOON), NOON + timedelta(minutes=1)).frozen_since == NOON


def test_three_looks_may_be_missed_and_no_more() -> None:
    """After them the judge counts as blind, since the last good look."""
    run = at_stage(pinned=PINNED)
    assert blind_since(run, NOON + timedelta(seconds=15)) is None
    assert blind_since(run, NOON + timedelta(seconds=15.1)) == NOON


def test_before_the_first_look_the_judge_is_blind_since_the_beginning() -> None:
    """Nothing advances before anything was measured."""
    assert blind_since(a_run(), NOON) == NOON
