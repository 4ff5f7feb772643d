from testbed.soak.observer.scene import Scene

PATIENCE = 10.0
"""Seconds at rest without a fault."""


class NothingLeft:
    """At rest, and without a rollout, route and namespace are as the user made them."""

    name = "nothing-left"

    def __init__(self) -> None:
        self._since: float | None = None
        self._told = False

    def look(self, scene: Scene) -> str | None:
        if scene.rollout is not None and not scene.rollout.rests:
            self._since, self._told = None, False
            return None
        if self._since is None:
            self._since = scene.at
        still = scene.at - max(self._since, scene.calm_since)
        left = _left(scene)
        if still <= PATIENCE or self._told or not left:
            return None
        self._told = True
        return f"{still:.0f} s after the end there is still {left}"


def _left(scene: Scene) -> str:
    found = []
    if scene.route is not None and not scene.route.bare:
        found.append(f"something of ours in the route (share {scene.route.share}, record {scene.route.record})")
    if scene.canary is not None:
        found.append(f"a canary Deployment with {scene.canary.tag}")
    return " and ".join(found)


def unrest(scene: Scene) -> str | None:
    """What is wrong at the very end, when everybody was given time."""
    if scene.rollout is None or not scene.rollout.rests:
        state = scene.rollout.state if scene.rollout else "there is no rollout"
        reason = f", {scene.rollout.reason}: {scene.rollout.message}" if scene.rollout else ""
        return f"the soak is over and it did not come to rest: {state}{reason}"
    left = _left(scene)
    return f"the soak is over and there is still {left}" if left else None
