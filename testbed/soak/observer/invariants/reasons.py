from testbed.soak.observer.facts import Rollout
from testbed.soak.observer.scene import Scene

PATIENCE = 30.0
"""Seconds without a fault."""
_SAY_WHY = {"CollectingRequests", "NoStableEndpoints", "WaitingForRollout", "WaitingForFirstRollout", "AdoptionRefused"}
"""Reasons that are no hold of a run and still tell a person what it waits for."""
_VERBS = {"abort", "promote", "pause", "resume", "retry"}


class MovesOrSaysWhy:
    """A run goes on, waits for a moment that it names, or holds for a reason that it names; orders are answered."""

    name = "moves-or-says-why"

    def __init__(self) -> None:
        self._since: dict[str, tuple[object, float]] = {}
        """By question: the answer, and since when it is the same."""
        self._told: set[str] = set()

    def look(self, scene: Scene) -> str | None:
        rollout = scene.rollout
        if rollout is None:
            self._since.clear()
            return None
        return (
            self._stands(scene, "run", _position(rollout), waits=_waits(rollout), until=_until(rollout))
            or self._stands(scene, "release", scene.stable, waits=_seen(scene))
            or self._stands(scene, "orders", rollout.orders & _VERBS, waits=not rollout.orders & _VERBS)
        )

    def _stands(self, scene: Scene, what: str, answer: object, *, waits: bool, until: float = 0.0) -> str | None:
        """Told once for each time that it stands."""
        before, since = self._since.get(what, (None, 0.0))
        if before != answer or waits:
            self._since[what] = (answer, scene.at)
            self._told.discard(what)
            return None
        still = scene.at - max(since, scene.calm_since, until)
        if still <= PATIENCE or what in self._told:
            return None
        self._told.add(what)
        return _complaint(scene, what, still)


def _position(rollout: Rollout) -> object:
    run = rollout.run
    place = (run.id, run.stage, run.outcome, run.deadline) if run else ()
    return rollout.uid, rollout.state, rollout.reason, rollout.deleting, place


def _waits(rollout: Rollout) -> bool:
    """Nothing has to happen by itself; also when a failed commit waits for the next one, without any traffic."""
    failed = rollout.state == "StandingIn" and rollout.reason in {"RolledBack", "Aborted"}
    held = rollout.reason in _SAY_WHY or (rollout.run is not None and rollout.run.hold != "")
    return failed or held or rollout.rests


def _until(rollout: Rollout) -> float:
    return rollout.run.deadline if rollout.run else 0.0


def _seen(scene: Scene) -> bool:
    """The present template of an adopted Deployment is what the status speaks of."""
    stable, rollout = scene.stable, scene.rollout
    return stable is None or rollout is None or not stable.adopted or rollout.observed >= stable.generation


def _complaint(scene: Scene, what: str, still: float) -> str:
    rollout = scene.rollout
    if rollout is None:
        return ""
    match what:
        case "run":
            return f"for {still:.0f} s it is {rollout.state}, {rollout.reason}: {rollout.message}"
        case "release":
            return f"for {still:.0f} s the Deployment's change is not noticed; {rollout.state}, {rollout.reason}"
    return f"for {still:.0f} s nobody answers {', '.join(sorted(rollout.orders & _VERBS))}"
