from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from canary_operator.api.status import Pinned, Run
from canary_operator.core.stage_clock import blind_since, freeze, rewound, stage_end, thaw
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


def test_times_of_a_clock_that_ran_ahead_are_read_by_ours() -> None:
    """What had a minute left has a minute left, and the last look was now."""
    hour = timedelta(hours=1)
    looked = NOON + timedelta(minutes=4)
    run = rewound(at_stage(looked_at=looked, saved_at=NOON), looked - hour)
    assert (run.looked_at, run.saved_at, run.ends_at) == (
        looked - hour,
        NOON - hour,
        NOON + timedelta(minutes=5) - hour,
    )


@given(st.sampled_from(["looked_at", "saved_at", "weight_changed_at", "unready_since"]), st.integers(6, 10**6))
def test_nothing_of_the_past_is_ever_read_as_of_the_future(name: str, ahead: int) -> None:
    """Whichever time tells it; a second reading changes nothing more."""
    run = rewound(at_stage().model_copy(update={name: NOON + timedelta(seconds=ahead)}), NOON)
    times: list[datetime] = [run.started_at, getattr(run, name)]
    assert max(times) <= NOON
    assert rewound(run, NOON) is run


def test_clocks_that_differ_a_little_are_left_alone() -> None:
    """No two machines agree to the second, and no deadline hangs on that."""
    run = at_stage(looked_at=NOON + timedelta(seconds=4))
    assert rewound(run, NOON) is run


def test_every_time_of_a_run_moves_with_its_clock() -> None:
    """A field that is added later is not forgotten; a hold's beginning is only shown."""
    kinds = {name: field.annotation for name, field in Run.model_fields.items()}
    times = [name for name, kind in kinds.items() if kind in {datetime, datetime | None}]
    run = at_stage().model_copy(update=dict.fromkeys(times, NOON + timedelta(hours=1)))
    assert {getattr(rewound(run, NOON), name) for name in times} == {NOON}
