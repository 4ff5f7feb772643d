"""Steady requests from a thread of their own, so that the caller may wait, look and act meanwhile."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from testbed.load import Load, Plan, summarise
from testbed.load.record import Record, is_failure

Answer = TypeVar("Answer")


class Traffic:
    """Each request is due at its moment, whether the earlier ones are answered or not."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._record = Record()
        self._thread = threading.Thread(target=self._run, name=f"traffic to {plan.host}", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> dict[str, Any]:
        """Waits for the answers that are still due. The summary; once more gives the same."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()
        return summarise(self._record)

    def summary(self) -> dict[str, Any]:
        """Of everything so far."""
        return self._ask(summarise)

    def answers(self) -> Counter[str]:
        """How many there were so far, by version."""
        return self._ask(
            lambda record: Counter({name: seen.statuses.total() for name, seen in record.versions.items()})
        )

    def by_pod(self) -> Counter[str]:
        return self._ask(lambda record: Counter(record.pods))

    def failures(self) -> int:
        """Answers that users count as errors, and requests without an answer."""
        return self._ask(_failures)

    def _ask(self, question: Callable[[Record], Answer]) -> Answer:
        """Asked between two answers, as the record must not grow while it is read."""
        if not self._thread.is_alive():
            return question(self._record)

        async def answer() -> Answer:
            return question(self._record)

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result(timeout=10)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._send())

    async def _send(self) -> None:
        load = Load(self.plan)
        self._record = load.record
        async with load:
            await self._over.wait()


def _failures(record: Record) -> int:
    statuses: Counter[int] = sum((seen.statuses for seen in record.versions.values()), Counter())
    return record.errors.total() + sum(count for status, count in statuses.items() if is_failure(status))
