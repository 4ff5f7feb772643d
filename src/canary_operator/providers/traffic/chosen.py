"""One `Traffic` port for all: each rollout's spec says whose kind of route carries its weights."""

from collections.abc import Mapping

from canary_operator.core.actions import MakeRoutes, SetWeight
from canary_operator.core.world import Missing, Problem, Route, Unknown
from canary_operator.ports import Target, Traffic
from canary_operator.providers.resources import Resource
from canary_operator.providers.traffic.kinds import kind_for


class ChosenTraffic:
    """Passes everything on."""

    def __init__(self, providers: Mapping[Resource, Traffic]) -> None:
        """By the kind of route that each knows."""
        self._providers = providers

    async def look(self, target: Target) -> Route | Problem | Missing | Unknown:
        return await self._of(target).look(target)

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        await self._of(target).set_weight(target, action)

    async def make(self, target: Target, action: MakeRoutes) -> None:
        await self._of(target).make(target, action)

    async def restore(self, target: Target) -> None:
        await self._of(target).restore(target)

    def _of(self, target: Target) -> Traffic:
        return self._providers[kind_for(target).resource]
