"""Prometheus in memory."""

from dataclasses import dataclass, replace
from datetime import timedelta

from canary_operator.core.evidence.sample import Sample
from canary_operator.core.world import Reading, Unknown
from canary_operator.ports import NOTHING_BESIDE, Beside, Target
from tests.doubles.memory.cluster import MemoryCluster

_FIVE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class MemoryMetrics:
    cluster: MemoryCluster

    def latest(self, target: Target) -> Reading | Unknown:
        told = self._reading(target)
        self.cluster.answers["Reading"] = told
        return told

    def watch(self, target: Target, *, provider: str, exchanged: bool = False, beside: Beside = NOTHING_BESIDE) -> None:
        assert (provider, replace(beside, copies=False)) == ("default", NOTHING_BESIDE)
        self.cluster.watched[target.uid] = exchanged
        self.cluster.asks_pods = beside.copies

    def unwatch(self, uid: str) -> None:
        self.cluster.watched.pop(uid, None)

    def _reading(self, target: Target) -> Reading | Unknown:
        world = self.cluster
        if target.uid not in world.watched:
            return Unknown("the metrics of this rollout are not watched")
        if world.metrics_down is not None:
            return Unknown("connection refused", code=world.metrics_down)
        return Reading(Sample(world.reported()), scrape=_FIVE, settle=_FIVE, skew=world.metrics_ahead)
