from testbed.soak.observer.scene import News, Scene

AFTERWARDS = 15.0
"""Seconds after istiod came back until the gateway knows everything that happened meanwhile."""


class StableAlwaysAnswers:
    """No request to stable is refused.

    Unless istiod was away and the gateway knew old pods only, or a person sent the traffic there.
    """

    name = "stable-always-answers"

    def __init__(self) -> None:
        self._refused: int | None = None

    def look(self, scene: Scene) -> str | None:
        if scene.news is not News.COUNTS:
            return None
        before, self._refused = self._refused, scene.stable_refused
        more = 0 if before is None else scene.stable_refused - before
        if more <= 0 or scene.share_by_hand or scene.at - scene.mesh_calm_since < AFTERWARDS:
            return None
        return f"{more} requests to stable got no answer from any pod"
