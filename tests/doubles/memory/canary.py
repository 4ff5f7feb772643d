"""The canary Deployment and the endpoints of its pods, which lag behind them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from canary_operator.core.world import CanaryFacts, Trouble


@dataclass(slots=True)
class MemoryCanary:
    revision: str
    replicas: int
    since: datetime
    """When its newest pods were made."""
    ready: int = 0
    endpoints: int = 0
    """What the EndpointSlices say."""

    def facts(self, trouble: Trouble | None) -> CanaryFacts:
        return CanaryFacts(self.revision, self.replicas, self.ready, trouble if self.ready < self.replicas else None)

    def scale(self, replicas: int, now: datetime) -> None:
        self.replicas, self.since = replicas, now

    def start(self, now: datetime, startup: timedelta) -> None:
        """Pods get ready when they are old enough."""
        if now - self.since >= startup:
            self.ready = self.replicas

    def lose(self, now: datetime) -> None:
        """All its pods are lost; new ones are made, and the slices don't know yet."""
        self.ready, self.since = 0, now
