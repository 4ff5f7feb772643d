"""The metrics port: readings that are always at hand, because looks are taken beside the passes."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from canary_operator.api.reasons import PROVIDER_UNKNOWN, READING
from canary_operator.core.world import Reading, Unknown
from canary_operator.ports import NOTHING_BESIDE, Beside, Target
from canary_operator.providers.metrics.configuration import ProviderConfig
from canary_operator.providers.metrics.looks import Looks
from canary_operator.providers.metrics.own_queries import own_queries
from canary_operator.providers.metrics.prometheus import Prometheus
from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.metrics.readings import Arms
from canary_operator.providers.metrics.server import Look, Server

__all__ = ["Look", "PrometheusMetrics"]


def nobody_observes(look: Look) -> None:
    """For callers without metrics."""


class PrometheusMetrics:
    """Implements `ports.Metrics`. Use it from one event loop; a provider that hangs delays no other."""

    def __init__(
        self,
        providers: Sequence[ProviderConfig],
        *,
        on_reading: Callable[[str], None],
        observe: Callable[[Look], None] = nobody_observes,
        now: Callable[[], datetime],
        connect: Callable[[ProviderConfig], Server] = Prometheus,
    ) -> None:
        """`on_reading` gets the uid of a rollout as soon as there is a new reading, or one more failed attempt.

        `now` must be the clock that dates the changes of weight.
        """
        self._looks = {
            config.name: Looks(config, connect(config), on_reading=on_reading, observe=observe, now=now)
            for config in providers
        }
        self._provider: dict[str, str] = {}

    def watch(self, target: Target, *, provider: str, exchanged: bool = False, beside: Beside = NOTHING_BESIDE) -> None:
        """Repeatable; what was measured is measured again only after `unwatch`, or for other Services."""
        if self._provider.get(target.uid, provider) != provider:
            self.unwatch(target.uid)
        self._provider[target.uid] = provider
        if (looks := self._looks.get(provider)) is not None:
            looks.watch(
                target.uid,
                _arms(target, exchanged=exchanged),
                beside,
                own_queries(target, beside.own, exchanged=exchanged),
            )

    def unwatch(self, uid: str) -> None:
        if (looks := self._looks.get(self._provider.pop(uid, ""))) is not None:
            looks.unwatch(uid)

    def latest(self, target: Target) -> Reading | Unknown:
        provider = self._provider.get(target.uid)
        if provider is None:
            return Unknown("the metrics of this rollout are not watched", READING)
        if (looks := self._looks.get(provider)) is None:
            known = ", ".join(sorted(self._looks)) or "none"
            return Unknown(f"there is no metrics provider {provider}; known are: {known}", PROVIDER_UNKNOWN)
        return looks.latest(target.uid)

    async def run(self) -> None:
        """Take looks until cancelled; may be called again afterwards. Queries under way are not waited for."""
        async with asyncio.TaskGroup() as tasks:
            for looks in self._looks.values():
                tasks.create_task(looks.run())
            await asyncio.Event().wait()


def _arms(target: Target, *, exchanged: bool) -> Arms:
    stable = Service(target.namespace, target.spec.traffic.stable_service)
    canary = Service(target.namespace, target.spec.canary_service)
    return Arms(stable=canary, canary=stable) if exchanged else Arms(stable=stable, canary=canary)
