"""Short stories for an invariant: what the observer would have seen, moment by moment."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from testbed.soak.observer.facts import Deployment, Record, Rollout, Route, Run
from testbed.soak.observer.invariants import Invariant
from testbed.soak.observer.scene import News, Scene

PLAN = ((Fraction(1, 5), 4.0), (Fraction(1, 2), 4.0), (Fraction(1), 3.0))
CALM = Scene(at=1000.0)


def a_route(share: str = "0", record: Record | None = None, *, edits: str = "", foreign: str = '["a"]') -> Route:
    return Route(Fraction(share), record, foreign, edits, bare=record is None and share == "0")


def a_record(stage: int = 1, purpose: str = "Stage", run: str = "v2-1") -> Record:
    return Record(run, stage, purpose)


def a_run(**fields: Any) -> Run:
    usual = Run("v2-1", stage=1, plan=PLAN, deadline=0.0, hold="", outcome="", reason="")
    return replace(usual, **fields)


def a_rollout(state: str = "Staged", run: Run | None = None, **fields: Any) -> Rollout:
    usual = Rollout("uid", deleting=False, orders=frozenset(), state=state, reason="", message="", run=run, observed=0)
    return replace(usual, **fields)


def a_deployment(tag: str = "v1", *, paused: bool = False, adopted: bool = True, generation: int = 0) -> Deployment:
    return Deployment(tag, paused, adopted, generation)


class Story:
    """Each step is the scene before it with what is new."""

    def __init__(self, invariant: Invariant, **first: Any) -> None:
        self._invariant = invariant
        self._scene = replace(CALM, rollout=a_rollout(run=a_run()), route=a_route(), **first)

    def after(self, seconds: float = 0.0, **fields: Any) -> str | None:
        """What the invariant says of it."""
        usual = {"at": self._scene.at + seconds, "before": None, "leap": False, "news": News.TIME}
        self._scene = replace(self._scene, **{**usual, **fields})
        return self._invariant.look(self._scene)

    def writes(self, route: Route, seconds: float = 0.0, **fields: Any) -> str | None:
        """The operator does, unless the route has a new number of edits."""
        return self.after(seconds, news=News.ROUTE, before=self._scene.route, route=route, **fields)

    def waits(self, seconds: int) -> list[str]:
        """A look each second; everything that was said."""
        return list(self._said(seconds))

    def _said(self, seconds: int) -> Iterator[str]:
        for _ in range(seconds):
            if wrong := self.after(1):
                yield wrong
