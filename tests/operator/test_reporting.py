import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from canary_operator.api.evidence import Arms, Counts, Evidence
from canary_operator.api.report import RunReport
from canary_operator.api.status import Outcome, PastRun, Pinned, Run, State, Status
from canary_operator.core.actions import Announce
from canary_operator.core.decide import Decision
from canary_operator.core.findings import Finding
from canary_operator.core.transitions import Event
from canary_operator.errors import Unavailable
from canary_operator.operator.reporting import ATTEMPTS, Reporting
from canary_operator.ports import Identity, Target
from tests.doubles.memory import NOON, MemoryCluster
from tests.doubles.reports import METRIC, a_course, a_report
from tests.doubles.story import a_spec
from tests.doubles.worlds import at_stage

EVIDENCE = Evidence(at=NOON, warm=True, looks=2, planned=180, compared=Arms(canary=Counts(requests=90, bad=4)))
PINNED = Pinned(scrape=timedelta(seconds=5), settle=timedelta(seconds=5))
RUN = at_stage(evidence=EVIDENCE, pinned=PINNED)
RESTING, STAGED = Status(state=State.RESTING), Status(state=State.STAGED, run=RUN)
HARMED = Status(state=State.CLEANING, run=RUN.model_copy(update={"outcome": Outcome.ROLLED_BACK, "message": "bad"}))


class Shelf:
    """Keeps reports, and fails as often as told."""

    def __init__(self) -> None:
        self.written: list[RunReport] = []
        self.earlier: RunReport | None = None
        self.failures: list[Exception] = []
        self.attempts = 0

    async def keep(self, rollout: Identity, report: RunReport) -> None:
        assert rollout.key == "shop/checkout"
        self.attempts += 1
        if self.failures:
            raise self.failures.pop(0)
        self.written.append(report)

    async def kept(self, _: Identity, run: str) -> RunReport | None:
        return self.earlier if self.earlier is not None and self.earlier.run == run else None


def queries(_: Target, provider: str) -> Mapping[str, str]:
    return {METRIC: f"asked of {provider}"}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def reporting(shelf: Shelf) -> Reporting:
    return Reporting(shelf, queries=queries, pause=0.0)


@asynccontextmanager
async def writing(reporting: Reporting) -> AsyncIterator[Callable[[Callable[[], bool]], Awaitable[None]]]:
    task = asyncio.create_task(reporting.run())

    async def until(done: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not done():  # noqa: ASYNC110 -- what is waited for differs
                await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)

    yield until
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def make(reporting: Reporting, before: Status, after: Status, event: Event = Event.WAITED, second: float = 0) -> None:
    """One pass, from one status to the next."""
    rollout = MemoryCluster(a_spec()).rollout(before)
    told = (Announce("Told", "something"),) if before.state is not after.state else ()
    decision = Decision(told, after, Finding(event, "Harm", "found"), None, after)
    reporting.passed(rollout, decision, NOON + timedelta(seconds=second))


def looked(status: Status, second: float) -> Status:
    assert status.run is not None
    evidence = status.run.evidence.model_copy(update={"at": NOON + timedelta(seconds=second)})
    return status.model_copy(update={"run": status.run.model_copy(update={"evidence": evidence})})


def over(run: Run = RUN) -> Status:
    past = PastRun(
        id=run.id,
        revision="v2",
        outcome=Outcome.ROLLED_BACK,
        reason="Harm",
        message="bad",
        started_at=NOON,
        ended_at=NOON + timedelta(minutes=1),
    )
    return Status(state=State.RESTING, history=(past,))


async def test_a_run_is_written_at_stages_at_the_verdict_and_at_the_end(reporting: Reporting, shelf: Shelf) -> None:
    """And not at looks, however many there are."""
    async with writing(reporting) as until:
        make(reporting, RESTING, STAGED)
        await until(lambda: len(shelf.written) == 1)
        for second in range(1, 50):
            make(reporting, looked(STAGED, second - 1), looked(STAGED, second), second=second)
        await until(lambda: True)
        assert len(shelf.written) == 1
        make(reporting, looked(STAGED, 49), HARMED, Event.HARMED, second=50)
        await until(lambda: len(shelf.written) == 2)
        make(reporting, HARMED, over())
        await until(lambda: len(shelf.written) == 3)
    verdict, end = shelf.written[1:]
    assert (verdict.outcome, verdict.verdict, verdict.ended_at) == (Outcome.ROLLED_BACK, "bad", None)
    assert len(verdict.points) == 51
    assert verdict.metrics[0].query == "asked of default"
    assert end.ended_at == NOON + timedelta(minutes=1)


async def test_a_breach_is_timed_from_its_scrape_to_the_route(reporting: Reporting, shelf: Shelf) -> None:
    """Not to the end of the pass, which has more to do."""
    async with writing(reporting) as until:
        make(reporting, RESTING, STAGED)
        reporting.taken_back("u-1", NOON + timedelta(seconds=0.4))
        make(reporting, STAGED, HARMED, Event.HARMED, second=3)
        await until(lambda: bool(shelf.written) and shelf.written[-1].outcome is not None)
    assert shelf.written[-1].taken_back_after == timedelta(seconds=0.4)


async def test_an_abort_is_no_breach(reporting: Reporting, shelf: Shelf) -> None:
    """Nothing was found in a scrape."""
    async with writing(reporting) as until:
        make(reporting, RESTING, STAGED)
        reporting.taken_back("u-1", NOON + timedelta(seconds=0.4))
        make(reporting, STAGED, HARMED, Event.ABORTED)
        await until(lambda: bool(shelf.written) and shelf.written[-1].outcome is not None)
    assert shelf.written[-1].taken_back_after is None


async def test_a_run_that_another_process_began_is_continued(reporting: Reporting, shelf: Shelf) -> None:
    """From where it was last written, once."""
    shelf.earlier = a_report((replace(a_course(1, 0.5)[0], at=NOON - timedelta(minutes=1)),), run=RUN.id)
    async with writing(reporting) as until:
        make(reporting, STAGED, HARMED, Event.HARMED)
        await until(lambda: len(shelf.written) == 1)
        make(reporting, HARMED, over())
        await until(lambda: len(shelf.written) == 2)
    assert [report.points[0].at for report in shelf.written] == [NOON - timedelta(minutes=1)] * 2
    assert [event.reason for event in shelf.written[-1].events].count("RunStarted") == 1


async def test_a_run_after_the_other_has_a_report_of_its_own(reporting: Reporting, shelf: Shelf) -> None:
    """Also where the next one begins in the pass that ends the first."""
    successor = RUN.model_copy(update={"id": "v3-2"})
    async with writing(reporting) as until:
        make(reporting, RESTING, STAGED)
        make(reporting, HARMED, over().model_copy(update={"run": successor, "state": State.PREPARING}))
        await until(lambda: len(shelf.written) == 2)
    assert {report.run: report.outcome for report in shelf.written} == {RUN.id: Outcome.ROLLED_BACK, "v3-2": None}


@pytest.mark.parametrize("error", [Unavailable("no answer"), ZeroDivisionError()])
async def test_a_report_that_cannot_be_written_stops_nobody(
    reporting: Reporting, shelf: Shelf, error: Exception
) -> None:
    """It is tried again where that may help, and the next one is written."""
    shelf.failures = [error]
    async with writing(reporting) as until:
        make(reporting, RESTING, STAGED)
        await until(lambda: shelf.attempts == (2 if isinstance(error, Unavailable) else 1))
        make(reporting, STAGED, HARMED, Event.HARMED)
        await until(lambda: bool(shelf.written) and shelf.written[-1].outcome is not None)
    assert shelf.written[-1].outcome is Outcome.ROLLED_BACK


async def test_attempts_end(reporting: Reporting, shelf: Shelf) -> None:
    """The next stage or the verdict brings a newer one."""
    shelf.failures = [Unavailable("no answer")] * 9
    async with writing(reporting) as until:
        make(reporting, RESTING, STAGED)
        await until(lambda: shelf.attempts == ATTEMPTS)
        await until(lambda: True)
    assert shelf.attempts == ATTEMPTS


async def test_who_does_not_lead_any_more_writes_nothing(reporting: Reporting, shelf: Shelf) -> None:
    """What was pending belongs to somebody else now."""
    make(reporting, RESTING, STAGED)
    reporting.forget(["u-1"])
    async with writing(reporting) as until:
        await until(lambda: True)
    assert shelf.attempts == 0


async def test_rest_is_nothing_to_report(reporting: Reporting, shelf: Shelf) -> None:
    """Most rollouts rest most of the time."""
    make(reporting, RESTING, RESTING)
    async with writing(reporting) as until:
        await until(lambda: True)
    assert shelf.attempts == 0


async def test_a_bug_in_a_report_is_no_bug_of_the_pass(
    reporting: Reporting, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on without, and nothing half made is written."""

    def breaks(*_: object) -> RunReport:
        raise ZeroDivisionError

    monkeypatch.setattr("canary_operator.operator.reporting.advanced", breaks)
    make(reporting, RESTING, STAGED)
    async with writing(reporting) as until:
        await until(lambda: True)
    assert shelf.attempts == 0
