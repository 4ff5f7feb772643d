import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """Runs blocking questions beside the event loop, at most `limit` at a time.

    The threads are daemons and are never joined: one that hangs holds neither the loop nor the end of the process,
    which the threads of an executor would. It keeps its place until it ends, so that a dead server gathers no threads.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._free = asyncio.Semaphore(limit)

    async def answer(self, question: Callable[[], T]) -> T:
        """What the question returns or raises; when the caller is cancelled the thread goes on unheard."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        outcome: Future[T] = Future()
        outcome.set_running_or_notify_cancel()

        def leave(_: object) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._free.release)

        outcome.add_done_callback(leave)
        Thread(target=_run, args=(question, outcome), name=self._name, daemon=True).start()
        return await asyncio.wrap_future(outcome)


def _run(question: Callable[[], T], outcome: Future[T]) -> None:
    try:
        answer = question()
    except BaseException as error:  # noqa: BLE001 -- carried to whoever waits
        outcome.set_exception(error)
    else:
        outcome.set_result(answer)
