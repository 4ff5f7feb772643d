"""The operator in a model: pass after pass, killed and cut off around any await."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from canary_operator.api.status import Condition, Status
from canary_operator.core.transitions import Event
from canary_operator.errors import InvalidCanary, Unavailable
from canary_operator.reconcile.loop import Decision, reconcile
from tests.doubles.memory import Call, Crash, MemoryCluster, ports_of
from tests.stories.model.witness import Witness

MOST_PASSES = 60
AT_ONCE = 3
"""After so many failures in a row the operator waits, and time passes."""
Result = TypeVar("Result")


def finished(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Ports in memory never wait, so no event loop is needed."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    raise AssertionError("a port in memory never waits")


class Operator:
    def __init__(self, cluster: MemoryCluster, witness: Witness) -> None:
        self.cluster = cluster
        self.witness = witness
        self.working: Status | None = None
        self.armed: dict[int, Callable[[], None]] = {}
        """What happens before or after which call from now on, counted from 1."""
        self.calls = 0
        cluster.calls.around = self._around

    def arm(self, distance: int, deed: Callable[[], None]) -> None:
        self.armed[self.calls + distance] = deed

    def restart(self) -> None:
        """Whatever only memory held is lost."""
        self.working = None

    def work(self) -> None:
        """Pass after pass until nothing is to be done at this moment; that never takes for ever."""
        failures = 0
        for _ in range(MOST_PASSES):
            if self.cluster.gone:
                return
            decision = self._pass()
            failures = failures + 1 if decision is None else 0
            if failures == AT_ONCE or self._quiet(decision):
                return
        raise AssertionError(f"still busy after {MOST_PASSES} passes: {self.ready}")

    @property
    def status(self) -> Status:
        return self.cluster.rollout(self.working).status

    @property
    def ready(self) -> Condition:
        return next(condition for condition in self.status.conditions if condition.type == "Ready")

    def _pass(self) -> Decision | None:
        """None when it failed."""
        self.cluster.answers.clear()
        try:
            rollout = self.cluster.rollout(self.working)
            decision = finished(reconcile(rollout, ports_of(self.cluster), self.cluster.now, self._learn))
        except Crash:
            self.restart()
        except (Unavailable, InvalidCanary):
            self.witness.after_looks()
        else:
            self.working = decision.status
            self.witness.after_pass(decision.status.run)
            return decision
        return None

    def _learn(self, status: Status) -> None:
        self.working = status

    def _quiet(self, decision: Decision | None) -> bool:
        if decision is None or decision.finding.event not in {Event.WAITED, Event.HELD}:
            return False
        return decision.next_due is None or decision.next_due > self.cluster.now

    def _around(self, _: Call) -> None:
        self.calls += 1
        deed = self.armed.pop(self.calls, None)
        if deed is not None:
            deed()
