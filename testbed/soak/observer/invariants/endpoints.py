from testbed.soak.observer.scene import Scene

ALLOWED = 2.0
"""Seconds between the last ready endpoint and a weight: so old may be what the operator had read before it wrote.

All kinds are versioned by one counter, so what was known at a weight's version is exact; only this span is leeway.
"""


class NoWeightWithoutEndpoints:
    """The operator sends more traffic only where an endpoint is ready: to the new revision, or at the end to stable."""

    name = "no-weight-without-endpoints"

    def look(self, scene: Scene) -> str | None:
        if scene.leap or not (scene.rises or scene.released) or scene.route is None:
            return None
        to_stable = scene.released or scene.is_reversed
        since = scene.stable_gone_since if to_stable else scene.canary_gone_since
        if since is None or scene.at - since <= ALLOWED:
            return None
        where = "stable" if to_stable else "the canary"
        return f"more traffic went to {where}, where no endpoint had been ready for {scene.at - since:.1f} s"
