"""Shows each scene to every invariant, and keeps what a person needs to understand a violation."""

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping

from testbed.soak.chronicle import Entry, Phase
from testbed.soak.observer.invariants import all_invariants, unrest
from testbed.soak.observer.place import Place
from testbed.soak.observer.scene import News, Scene
from testbed.soak.observer.watching import Change

REMEMBERED = 20


class Judge:
    """Of one namespace."""

    def __init__(self, namespace: str, say: Callable[[str], None]) -> None:
        self._namespace, self._say = namespace, say
        self._place = Place(namespace)
        self._invariants = all_invariants()
        self._events: deque[str] = deque(maxlen=REMEMBERED)
        self._described: dict[News, str] = {}
        self.runs: set[tuple[str, str]] = set()
        self.violations = 0

    def hear(self, entry: Entry) -> None:
        self._place.hear(entry)
        if entry.namespace in {"", self._namespace}:
            number = f"fault {entry.number} {entry.phase}: " if entry.number else ""
            self._remember(entry.at, f"{number}{entry.what}")

    def take(self, change: Change) -> None:
        scene = self._place.take(change)
        if scene is not None:
            self._see(scene)

    def tick(self, at: float, counts: Mapping[str, int] | None = None) -> None:
        self._see(self._place.tick(at, counts))

    def close(self) -> None:
        """At the very end."""
        if wrong := unrest(self._place.scene):
            self._accuse(self._place.scene, "nothing-left", wrong)

    def _see(self, scene: Scene) -> None:
        self._describe(scene)
        if scene.rollout and scene.rollout.run:
            self.runs.add((scene.rollout.uid, scene.rollout.run.id))
        for invariant in self._invariants:
            if wrong := invariant.look(scene):
                self._accuse(scene, invariant.name, wrong)

    def _accuse(self, scene: Scene, name: str, wrong: str) -> None:
        self.violations += 1
        head = f"VIOLATION of {name} in {self._namespace} at {_clock(scene.at)}: {wrong}"
        self._say("\n".join((head, *(f"    {event}" for event in self._events))))

    def _describe(self, scene: Scene) -> None:
        """Only what differs from what was said last of the same thing is an event."""
        text = _text(scene)
        if text and self._described.get(scene.news) != text:
            self._described[scene.news] = text
            self._remember(scene.at, f"{scene.news}: {text}{' (after a gap)' if scene.leap else ''}")

    def _remember(self, at: float, text: str) -> None:
        self._events.append(f"{_clock(at)} {text}")
        print(f"{_clock(at)} {self._namespace} {text}", file=sys.stderr, flush=True)


def _clock(at: float) -> str:
    return f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at * 1000) % 1000:03}"


def _text(scene: Scene) -> str:
    match scene.news:
        case News.ROUTE:
            return _route(scene)
        case News.ROLLOUT:
            return _rollout(scene)
        case News.STABLE:
            return str(scene.stable)
        case News.CANARY:
            return str(scene.canary)
        case News.ENDPOINTS:
            return f"{scene.canary_pods} of the canary and {scene.stable_pods} of stable are ready"
    return ""


def _route(scene: Scene) -> str:
    if scene.route is None:
        return "gone"
    return f"share {scene.route.share}, {scene.route.record}, by {'the operator' if scene.by_operator else 'a person'}"


def _rollout(scene: Scene) -> str:
    rollout = scene.rollout
    if rollout is None:
        return "gone"
    run = f"{rollout.run.id} stage {rollout.run.stage} {rollout.run.outcome}" if rollout.run else "no run"
    orders = f", ordered: {', '.join(sorted(rollout.orders))}" if rollout.orders else ""
    return f"{rollout.state} {rollout.reason} ({rollout.message}), {run}{orders}"


def is_end(entry: Entry) -> bool:
    return entry.phase is Phase.END
