import gc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest

from canary_operator.operator.gate import Gate
from canary_operator.operator.passes import Passes
from canary_operator.operator.schedule import Schedule
from canary_operator.operator.store import Store
from canary_operator.providers.resources import ROLLOUTS
from tests.operator.bodies import a_rollout


class Bench:
    def __init__(self) -> None:
        self.schedule = Schedule(now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
        self.store = Store(changed=lambda _: None)
        self.forgotten = 0
        self.writes = self.synced = False
        self.gate = Gate(
            self.store,
            self.schedule,
            cast("Passes", self),
            may_write=lambda: self.writes,
            all_synced=lambda: self.synced,
        )

    def forget_all(self) -> None:
        self.forgotten += 1


@pytest.fixture
def bench() -> Iterator[Bench]:
    yield Bench()
    gc.unfreeze()


def test_passes_need_the_right_to_write_and_the_whole_view(bench: Bench) -> None:
    """One of the two is not enough."""
    bench.store.observe(ROLLOUTS, a_rollout())
    for bench.writes, bench.synced in ((True, False), (False, True)):
        bench.gate.look()
        assert bench.schedule.waiting == 0
    bench.writes = bench.synced = True
    bench.gate.look()
    assert bench.schedule.waiting == 1


def test_losing_either_forgets_what_only_memory_holds(bench: Bench) -> None:
    """Once, and not at every look."""
    bench.writes = bench.synced = True
    bench.gate.look()
    bench.writes = False
    bench.gate.look()
    bench.gate.look()
    assert bench.forgotten == 1


def test_the_garbage_collector_spares_the_first_list(bench: Bench) -> None:
    """As soon as everything was seen, also in a standby."""
    bench.synced = True
    bench.gate.look()
    assert gc.get_freeze_count() > 0
