"""A cluster with one route, as the provider of its kind knows it, and as others write to it."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from canary_operator.core.actions import SetWeight
from canary_operator.core.world import Route
from canary_operator.ports import Target, Traffic
from canary_operator.providers.objects import Object
from tests.doubles.kubernetes import InMemoryKubernetes
from tests.doubles.objects import MemoryObjects
from tests.providers.traffic.kinds_of_routes import Kind


@dataclass(slots=True)
class Cluster:
    """The API server, and the watched copy of what it holds."""

    kind: Kind
    kubernetes: InMemoryKubernetes = field(default_factory=InMemoryKubernetes)
    store: MemoryObjects = field(default_factory=MemoryObjects)

    def holding(self, *rules: dict[str, Any], **more: Any) -> "Cluster":
        """One object with these rules."""
        self.kubernetes.seed(self.kind.resource, self.kind.route(*rules, **more))
        self.watch()
        return self

    def watch(self) -> None:
        """The store hears of everything that was written."""
        self.store.put(self.kind.resource, copy.deepcopy(self.live))

    @property
    def traffic(self) -> Traffic:
        """The provider that is tested; it keeps nothing."""
        return self.kind.provider(self.kubernetes, self.store)

    @property
    def copy(self) -> Object | None:
        """What the store holds."""
        return self.store.get(self.kind.resource, "shop", "checkout")

    @property
    def live(self) -> Any:
        return self.kubernetes.objects[self.kind.resource.plural, "shop", "checkout"]

    @property
    def rules(self) -> Any:
        return self.live["spec"][self.kind.rules]

    @property
    def writes(self) -> int:
        return len(self.kubernetes.writes)

    def somebody_else(self, change: Callable[[Any], None]) -> None:
        """Writes to the cluster; no watch has told the store yet."""
        body = copy.deepcopy(self.live)
        change(body)
        self.kubernetes.seed(self.kind.resource, body)

    def somebody_deletes(self) -> None:
        del self.kubernetes.objects[self.kind.resource.plural, "shop", "checkout"]

    async def look(self, target: Target | None = None) -> Route:
        found = await self.traffic.look(target or self.kind.target())
        assert isinstance(found, Route), found
        return found

    async def share(self) -> Fraction:
        return (await self.look()).share

    async def set(self, order: SetWeight, target: Target | None = None) -> None:
        await self.traffic.set_weight(target or self.kind.target(), order)

    async def restore(self, target: Target | None = None) -> None:
        await self.traffic.restore(target or self.kind.target())
