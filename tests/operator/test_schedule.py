import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from canary_operator.operator.agenda import Turn
from canary_operator.operator.schedule import AFTER_A_BUG, Schedule

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Passes:
    """Records who had a pass; each waits for `go`."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.go = asyncio.Event()
        self.go.set()
        self.at_once = 0
        self.most_at_once = 0
        self.next_due: datetime | None = None
        self.bug: Exception | None = None

    async def __call__(self, turn: Turn) -> datetime | None:
        self.made.append(turn.uid)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.go.wait()
        self.at_once -= 1
        if self.bug:
            raise self.bug
        return self.next_due


@asynccontextmanager
async def running(schedule: Schedule, passes: Callable[[Turn], Awaitable[datetime | None]]) -> AsyncIterator[None]:
    task = asyncio.create_task(schedule.run(passes))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_pass_begins_before_the_schedule_is_open() -> None:
    """A standby does nothing; when it leads, it begins with every rollout there is."""
    schedule, passes = Schedule(now=Clock()), Passes()
    async with running(schedule, passes):
        schedule.mark("a")
        await settled()
        assert passes.made == []
        schedule.open(["b", "c"])
        await settled()
        assert passes.made == ["b", "c"]


async def test_what_was_due_ends_with_leadership() -> None:
    """A later reign begins with fresh passes, and none of them counts as late."""
    clock, passes = Clock(), Passes()
    schedule, since = Schedule(now=clock), list[datetime]()

    async def noting(turn: Turn) -> datetime | None:
        since.append(turn.since)
        return await passes(turn)

    passes.next_due = NOON + timedelta(seconds=5)
    async with running(schedule, noting):
        schedule.open(["a"])
        await settled()
        schedule.close()
        clock.now, passes.next_due = NOON + timedelta(hours=1), None
        schedule.open(["a"])
        await settled()
    assert since == [NOON, clock.now]


async def test_closing_stops_what_has_not_begun() -> None:
    """Passes in flight end, others do not begin."""
    schedule, passes = Schedule(now=Clock()), Passes()
    async with running(schedule, passes):
        schedule.open([])
        passes.go.clear()
        schedule.mark("a")
        await settled()
        schedule.close()
        schedule.mark("b")
        assert not await schedule.drain(0.01)
        passes.go.set()
        assert await schedule.drain(1)
        assert passes.made == ["a"]


async def test_so_many_passes_at_once_and_no_more() -> None:
    """The API server sees at most so many of us."""
    schedule, passes = Schedule(now=Clock(), workers=3), Passes()
    async with running(schedule, passes):
        schedule.open([])
        passes.go.clear()
        for number in range(10):
            schedule.mark(str(number))
        await settled()
        assert passes.most_at_once == 3
        passes.go.set()
        await settled()
        assert sorted(passes.made) == [str(number) for number in range(10)]


async def test_a_pass_is_made_again_when_it_asked_for_it() -> None:
    """The time that the last pass named brings the next one."""
    clock, passes = Clock(), Passes()
    schedule = Schedule(now=clock)
    passes.next_due = NOON + timedelta(milliseconds=20)
    async with running(schedule, passes):
        schedule.open([])
        schedule.mark("a")
        await settled()
        assert passes.made == ["a"]
        clock.now, passes.next_due = NOON + timedelta(milliseconds=25), None
        async with asyncio.timeout(5):
            while passes.made != ["a", "a"]:  # noqa: ASYNC110 -- what is waited for knows no event
                await asyncio.sleep(0.005)


async def test_a_bug_in_one_pass_leaves_the_others_alone() -> None:
    """The rollout is tried again later, and the schedule goes on."""
    clock, passes = Clock(), Passes()
    schedule = Schedule(now=clock)
    passes.bug = ZeroDivisionError()
    async with running(schedule, passes):
        schedule.open([])
        schedule.mark("a")
        await settled()
        passes.bug = None
        schedule.mark("b")
        await settled()
        assert passes.made == ["a", "b"]
        clock.now = NOON + AFTER_A_BUG
        schedule.mark("c")
        await settled()
        assert sorted(passes.made) == ["a", "a", "b", "c"]
