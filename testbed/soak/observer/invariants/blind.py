from testbed.soak.observer.scene import Scene

ALLOWED = 8.0
"""Seconds: three looks without an answer, a call's timeout, and a busy machine."""
_JUDGED = {"Harm", "TooFewRequests", "NoData"}
_FINISHED = "had begun before a restart"
"""Said of a rollback that was found in the route: what it was decided on is not known any more."""


class NeverBlind:
    """While Prometheus is gone nothing advances, and nothing is rolled back by a verdict."""

    name = "never-blind"

    def __init__(self) -> None:
        self._blindly: set[str] = set()
        """Runs whose traffic was taken back while nobody could judge; their status says later why."""
        self._state = ""

    def look(self, scene: Scene) -> str | None:
        before, self._state = self._state, scene.rollout.state if scene.rollout else ""
        if scene.blind_since is not None and scene.at - scene.blind_since > ALLOWED:
            span = f"after {scene.at - scene.blind_since:.1f} s without Prometheus"
            if scene.asked_at < scene.blind_since - ALLOWED and (what := _advance(scene, before)):
                return f"{what} {span}"
            if _goes_back(scene):
                self._blindly.add(scene.run)
        return self._verdict(scene)

    def _verdict(self, scene: Scene) -> str | None:
        run = scene.rollout.run if scene.rollout else None
        if run is None or run.id not in self._blindly or not run.outcome:
            return None
        self._blindly.discard(run.id)
        judged = run.outcome == "RolledBack" and run.reason in _JUDGED
        if not judged or scene.rollout is None or _FINISHED in scene.rollout.message:
            return None
        return f"run {run.id} was rolled back for {run.reason} while Prometheus was gone"


def _advance(scene: Scene, state_before: str) -> str:
    if scene.rises:
        return f"the new revision's share rose to {scene.new}"
    if state_before == "Staged" and scene.rollout and scene.rollout.state == "Promoting":
        return "the promotion began"
    return ""


def _goes_back(scene: Scene) -> bool:
    """This version of the route begins a rollback."""
    before = scene.before.record if scene.before else None
    return scene.by_operator and scene.purpose == "RollBack" and (before is None or before.purpose != "RollBack")
