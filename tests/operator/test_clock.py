from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from canary_operator.operator.clock import SteadyClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = 3600.0


@dataclass
class Machine:
    """Its two clocks: one that may be set, and one that only counts."""

    counted: float = 50_000.0
    set_by: float = 0.0

    def boot(self) -> float:
        return self.counted

    def wall(self) -> float:
        return NOON.timestamp() + self.counted - 50_000 + self.set_by

    def clock(self) -> SteadyClock:
        return SteadyClock(boot=self.boot, wall=self.wall)


def test_it_tells_the_machines_time() -> None:
    """As long as nobody sets that."""
    machine = Machine()
    clock = machine.clock()
    assert clock() == NOON
    machine.counted += 90
    assert clock() == NOON + timedelta(seconds=90)


def test_a_step_of_an_hour_is_made_up_for_in_twenty() -> None:
    """A minute after the step it is three seconds nearer; a day later both tell the same."""
    machine = Machine()
    clock = machine.clock()
    machine.set_by = HOUR
    assert clock() == NOON
    machine.counted += 60
    assert clock() == NOON + timedelta(seconds=63)
    machine.counted += 20 * HOUR
    assert clock().timestamp() == machine.wall()


@given(st.lists(st.tuples(st.floats(0, HOUR), st.floats(-HOUR, HOUR)), min_size=2))
def test_it_never_jumps_and_never_goes_back(story: list[tuple[float, float]]) -> None:
    """However often the machine's clock is set: a second of ours is a second, to a twentieth."""
    machine = Machine()
    clock = machine.clock()
    seen = [(machine.counted, clock())]
    for passed, set_by in story:
        machine.counted += passed
        machine.set_by = set_by
        seen.append((machine.counted, clock()))
    for (earlier, before), (later, after) in pairwise(seen):
        span = later - earlier
        assert 0.95 * span - 1e-3 <= (after - before).total_seconds() <= 1.05 * span + 1e-3
