import asyncio
import threading
import time

import pytest

from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.threads import Threads


async def test_answers_and_errors_come_back() -> None:
    """Who asks gets what the question returned or raised."""
    threads = Threads("t", limit=1)

    def refuse() -> int:
        raise Unavailable("no")

    assert await threads.answer(lambda: 7) == 7
    with pytest.raises(Unavailable, match="no"):
        await threads.answer(refuse)
    assert await threads.answer(lambda: 8) == 8


async def test_a_thread_that_hangs_keeps_its_place_until_it_ends() -> None:
    """A dead server gathers no threads: who asks next waits, however impatient the one before was."""
    threads, end = Threads("t", limit=1), threading.Event()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await threads.answer(end.wait)
    assert sum(thread.name == "t" for thread in threading.enumerate()) == 1
    end.set()
    async with asyncio.timeout(1):
        assert await threads.answer(lambda: 1) == 1


async def test_questions_run_beside_the_event_loop() -> None:
    """So many at a time as the limit says."""
    threads, lock, running, most = Threads("t", limit=2), threading.Lock(), 0, 0

    def question() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.1)
        with lock:
            running -= 1

    await asyncio.gather(*(threads.answer(question) for _ in range(6)))
    assert (running, most) == (0, 2)


def test_an_answer_after_the_loops_end_disturbs_nobody() -> None:
    """The process may end while a question hangs."""
    end = threading.Event()

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await Threads("late", limit=1).answer(end.wait)

    asyncio.run(ask())
    end.set()
    for thread in threading.enumerate():
        if thread.name == "late":
            thread.join(1)
            assert not thread.is_alive()
