"""The route in memory."""

from dataclasses import dataclass
from fractions import Fraction

from canary_operator.core.actions import RestoreRoute, SetWeight
from canary_operator.core.world import Missing, Problem, Route, RouteRecord, Unknown
from canary_operator.errors import Conflict, Gone
from canary_operator.ports import Target
from tests.doubles.memory.asked import asked
from tests.doubles.memory.calls import Look
from tests.doubles.memory.cluster import MemoryCluster


@dataclass(frozen=True, slots=True)
class MemoryTraffic:
    cluster: MemoryCluster

    async def look(self, target: Target) -> Route | Problem | Missing | Unknown:
        assert target.spec == self.cluster.spec
        return asked(self.cluster, Look.ROUTE, self._route)

    def _route(self) -> Route | Problem | Missing | Unknown:
        if not self.cluster.route_exists:
            return Missing("VirtualService shop/checkout")
        return self.cluster.route_problem or Route(self.cluster.share, self.cluster.record)

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        assert target.key == "shop/checkout"
        self.cluster.calls.write(action, self._share, lambda: self._set(action))

    async def restore(self, target: Target) -> None:
        assert target.key == "shop/checkout"
        self.cluster.calls.write(RestoreRoute(), self._share, self._restore)

    def _share(self) -> Fraction:
        return self.cluster.share

    def _set(self, action: SetWeight) -> bool:
        """The comparison and the write are one step, as the patch tests what it touches."""
        cluster, wanted = self.cluster, RouteRecord(action.run, action.stage, action.weight, action.purpose)
        if not cluster.route_exists:
            if action.weight > 0:
                raise Gone("VirtualService shop/checkout does not exist any more")
            return False
        if cluster.before_weight is not None:
            cluster.share, cluster.before_weight = cluster.before_weight, None
        if (cluster.share, cluster.record) == (action.weight, wanted):
            return False
        falls = action.weight >= cluster.share if action.mirrored else action.weight <= cluster.share
        assert falls or action.decided_on is not None, "a rise says what it replaces"
        if not action.may_replace(cluster.share):
            raise Conflict(f"the share is {cluster.share} by now")
        cluster.share, cluster.record = action.weight, wanted
        return True

    def _restore(self) -> bool:
        """The destination for the canary was ours, and goes with the record."""
        if self.cluster.record is None:
            return False
        self.cluster.record, self.cluster.share = None, Fraction(0)
        return True
