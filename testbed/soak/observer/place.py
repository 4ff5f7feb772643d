"""Makes scenes of one namespace out of what is told about it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from testbed.shop import CANARY, NAME
from testbed.soak.chronicle import ISTIOD, PROMETHEUS, Entry, Phase
from testbed.soak.observer import facts
from testbed.soak.observer.scene import News, Scene
from testbed.soak.observer.watching import Change

_NOT_BEFORE = float("inf")
_RAISE = {"promote", "resume"}
"""Orders that let a weight rise although nobody can judge."""


class Place:
    def __init__(self, namespace: str) -> None:
        self.scene = Scene(at=0.0)
        self._namespace = namespace
        self._slices: dict[str, facts.Slice] = {}
        self._faults: set[int] = set()
        self._mesh_faults: set[int] = set()

    def hear(self, entry: Entry) -> None:
        """A fault begins, stands, eases or is over; somebody else's is no concern of this place."""
        if entry.namespace not in {"", self._namespace} or not entry.number:
            return
        if entry.phase is Phase.BEGINS:
            self._faults.add(entry.number)
        elif entry.phase is Phase.OVER:
            self._faults.discard(entry.number)
        self._set(calm_since=_NOT_BEFORE if self._faults else entry.at)
        if entry.what.startswith(ISTIOD):
            self._mesh(entry)
        if entry.what.startswith(PROMETHEUS):
            self._sight(entry)

    def take(self, change: Change) -> Scene | None:
        """The scene after this change; None for an object that plays no part."""
        self._set(at=max(self.scene.at, change.at), news=News.TIME, leap=change.leap, before=None)
        take = self._TAKES[change.kind]
        return take(self, change)

    def tick(self, at: float, counts: Mapping[str, int] | None = None) -> Scene:
        """Time passes; `counts` are the gateway's."""
        self._set(at=max(self.scene.at, at), news=News.COUNTS if counts else News.TIME, leap=False, before=None)
        return self._set(**counts) if counts else self.scene

    def _route(self, change: Change) -> Scene | None:
        route = facts.route(change.body) if change.body else None
        scene = self._set(news=News.ROUTE, before=self.scene.route, route=route)
        if route and scene.before and route.share != scene.before.share:
            self._set(share_by_hand=not scene.by_operator)
        return self.scene

    def _rollout(self, change: Change) -> Scene | None:
        """An order counts from the first to the last moment that it stands."""
        rollout = facts.rollout(change.body) if change.body else None
        before = self.scene.rollout.orders if self.scene.rollout else frozenset()
        if (before | (rollout.orders if rollout else frozenset())) & _RAISE:
            self._set(asked_at=self.scene.at)
        if rollout and rollout.run and rollout.run.reversed:
            self._set(reversed_runs=self.scene.reversed_runs | {rollout.run.id})
        return self._set(news=News.ROLLOUT, rollout=rollout)

    def _deployment(self, change: Change) -> Scene | None:
        seen = facts.deployment(change.body) if change.body else None
        if change.name == NAME:
            return self._set(news=News.STABLE, stable=seen)
        return self._set(news=News.CANARY, canary=seen) if change.name == CANARY else None

    def _slice(self, change: Change) -> Scene | None:
        if change.body is None:
            self._slices.pop(change.name, None)
        else:
            self._slices[change.name] = facts.endpoint_slice(change.body)
        slices, now = list(self._slices.values()), self.scene
        canary, stable = facts.ready_of(slices, CANARY), facts.ready_of(slices, NAME)
        canary_gone = None if canary else now.at if now.canary_pods else now.canary_gone_since
        stable_gone = None if stable else now.at if now.stable_pods else now.stable_gone_since
        self._set(canary_pods=canary, canary_gone_since=canary_gone)
        return self._set(news=News.ENDPOINTS, stable_pods=stable, stable_gone_since=stable_gone)

    def _mesh(self, entry: Entry) -> None:
        if entry.phase is Phase.BEGINS:
            self._mesh_faults.add(entry.number)
        elif entry.phase is Phase.OVER:
            self._mesh_faults.discard(entry.number)
        self._set(mesh_calm_since=_NOT_BEFORE if self._mesh_faults else entry.at)

    def _sight(self, entry: Entry) -> None:
        if entry.phase is Phase.STANDS:
            self._set(blind_since=entry.at)
        elif entry.phase in {Phase.EASES, Phase.OVER}:
            self._set(blind_since=None)

    def _set(self, **fields: object) -> Scene:
        self.scene = replace(self.scene, **fields)  # type: ignore[arg-type] # each is a field of Scene
        return self.scene

    _TAKES: Mapping[str, Callable[["Place", Change], Scene | None]] = {
        "virtualservices": _route,
        "canaryrollouts": _rollout,
        "deployments": _deployment,
        "endpointslices": _slice,
    }
