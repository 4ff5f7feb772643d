"""A story in which anything may happen next."""

from canary_operator.api import reasons
from canary_operator.api.status import State
from canary_operator.core.actions import SetWeight
from canary_operator.errors import Unavailable
from tests.doubles.story import Story


class Persistent(Story):
    """A story whose passes may end with an error of the API server, and go on."""

    async def passes(self) -> "Story":
        for _ in range(6):
            try:
                return await super().passes()
            except Unavailable:
                continue
        raise AssertionError("the API server was back and the passes still failed")


class Chaos(Persistent):
    """Each event is a method."""

    async def time(self) -> None:
        await self.after(seconds=20)

    async def harm(self) -> None:
        """A canary that fails everything while it is seen never gets more traffic than it had."""
        share, seen = self.cluster.share, self.cluster.metrics_down is None
        before, state = len(self.cluster.log), self.status.state
        await self.after(seconds=20, canary_bad=1.0)
        if share > 0 and seen and state is State.STAGED:
            run = self.status.run
            same = [action for action in self.cluster.log[before:] if isinstance(action, SetWeight)]
            assert all(action.weight <= share for action in same) or (run is not None and run.paused)

    async def quiet(self) -> None:
        await self.after(seconds=20, rate=0)

    async def commit(self) -> None:
        self.cluster.commit(f"v{len(self.cluster.log) + 2}")
        await self.passes()

    async def revert(self) -> None:
        self.cluster.commit(self.status.stable_revision or self.cluster.deployment.template)
        await self.passes()

    async def blind(self) -> None:
        self.cluster.metrics_down = reasons.METRICS_UNAVAILABLE

    async def seeing(self) -> None:
        self.cluster.metrics_down = None

    async def pulled(self) -> None:
        self.cluster.share /= 2
        await self.passes()

    async def unready(self) -> None:
        await self._pods(ready=False)

    async def ready(self) -> None:
        await self._pods(ready=True)

    async def _pods(self, *, ready: bool) -> None:
        if ready:
            self.cluster.bring_canary_pods_back()
        else:
            self.cluster.lose_canary_pods()
        await self.after(seconds=5, step=1)
