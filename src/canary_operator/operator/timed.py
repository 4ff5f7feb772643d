from collections.abc import Callable
from dataclasses import dataclass

from canary_operator.core.actions import MakeRoutes, Purpose, SetWeight
from canary_operator.core.world import Look
from canary_operator.ports import Target, Traffic


@dataclass(frozen=True, slots=True)
class TimedTraffic:
    """The `Traffic` port, which tells when users are safe: what else a rollback's pass has to do comes after that."""

    traffic: Traffic
    taken_back: Callable[[], None]

    async def look(self, target: Target) -> Look:
        return await self.traffic.look(target)

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        await self.traffic.set_weight(target, action)
        if action.purpose is Purpose.ROLL_BACK:
            self.taken_back()

    async def make(self, target: Target, action: MakeRoutes) -> None:
        await self.traffic.make(target, action)

    async def restore(self, target: Target) -> None:
        await self.traffic.restore(target)
