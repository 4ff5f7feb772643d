from testbed.soak.observer.scene import Scene

_FAILED = {"RolledBack", "Aborted"}


class NoRiseAfterBreach:
    """Once a run goes back, its weight never rises again."""

    name = "no-rise-after-breach"

    def __init__(self) -> None:
        self._uid = ""
        self._over: set[str] = set()

    def look(self, scene: Scene) -> str | None:
        self._note(scene)
        if not scene.rises:
            return None
        if scene.run and scene.run not in self._over:
            return None
        whose = f"run {scene.run}, which had begun to go back" if scene.run else "no run"
        return f"the new revision's share rose from {scene.new_before} to {scene.new} for {whose}"

    def _note(self, scene: Scene) -> None:
        """A rollout that was made anew counts its runs from 1 again."""
        if scene.rollout is not None and scene.rollout.uid != self._uid:
            self._uid = scene.rollout.uid
            self._over.clear()
        if scene.purpose == "RollBack":
            self._over.add(scene.run)
        if scene.rollout and scene.rollout.run and scene.rollout.run.outcome in _FAILED:
            self._over.add(scene.rollout.run.id)
