"""The route in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from canary_operator.api import reasons
from canary_operator.core.actions import MakeRoutes, RestoreRoute, SetWeight
from canary_operator.core.together import together
from canary_operator.core.world import Look as Seen
from canary_operator.core.world import Missing, Problem, Route, RouteRecord
from canary_operator.errors import CanaryError, Conflict, Gone
from canary_operator.ports import Target
from tests.doubles.memory.asked import asked
from tests.doubles.memory.calls import Look
from tests.doubles.memory.cluster import MemoryCluster
from tests.doubles.memory.route import MemoryRoute

FIRST = "VirtualService shop/checkout"


@dataclass(frozen=True, slots=True)
class MemoryTraffic:
    cluster: MemoryCluster

    async def look(self, target: Target) -> Seen:
        assert target.spec == self.cluster.spec
        return asked(self.cluster, Look.ROUTE, self._routes)

    def _routes(self) -> Seen:
        found = self._route()
        first = replace(found, name=FIRST) if isinstance(found, Route) else found
        return together([first, *(route.seen() for route in self.cluster.beside)])

    def _route(self) -> Seen:
        if not self.cluster.route_exists:
            return Missing("VirtualService shop/checkout", ours=self.cluster.makes_route)
        cluster, record = self.cluster, self.cluster.record
        standing = _rules(matched=cluster.matched, mirrors=cluster.copies is not None)
        known = () if record is None else _rules(matched=record.matched, mirrors=record.mirror is not None)
        lost = tuple(rule for rule in known if rule not in standing)
        if cluster.route_problem is not None:
            return cluster.route_problem
        nobody = None if cluster.delegated else Problem(reasons.ROUTE_NOT_DELEGATED, "nobody delegates")
        return Route(cluster.share, record, standing, lost, hindrance=nobody)

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        assert target.key == "shop/checkout"
        missing = [route.name for route in self.cluster.beside if not route.exists]
        if missing and action.decided_on is not None:
            raise Gone(f"{missing[0]} does not exist any more")
        writes = [lambda: self.cluster.calls.write(action, self._share, lambda: self._set(action))]
        writes += [partial(self._write_beside, route, action) for route in self.cluster.beside if route.exists]
        _all_attempted(writes, stops=action.decided_on is not None)

    def _write_beside(self, route: MemoryRoute, action: SetWeight) -> None:
        self.cluster.calls.write(action, lambda: route.share, lambda: _set_beside(route, action))

    async def make(self, target: Target, action: MakeRoutes) -> None:
        assert target.key == "shop/checkout"
        self.cluster.calls.write(action, self._share, lambda: self._make(action.order))

    def _make(self, order: SetWeight | None) -> bool:
        """Nothing where it is there already."""
        cluster = self.cluster
        if cluster.route_exists or not cluster.makes_route:
            return False
        cluster.route_exists, cluster.share, cluster.record, cluster.matched = True, Fraction(0), None, False
        if order is not None:
            cluster.share, cluster.matched, cluster.reversed = order.weight, bool(order.matches), order.reversed
            cluster.record, cluster.copies = _record(order), order.copies
        return True

    async def restore(self, target: Target) -> None:
        assert target.key == "shop/checkout"
        writes = [lambda: self.cluster.calls.write(RestoreRoute(), self._share, self._restore)]
        writes += [partial(self._restore_beside, route) for route in self.cluster.beside]
        _all_attempted(writes, stops=False)

    def _restore_beside(self, route: MemoryRoute) -> None:
        self.cluster.calls.write(RestoreRoute(), lambda: route.share, lambda: _give_back(route))

    def _share(self) -> Fraction:
        return self.cluster.share

    def _set(self, action: SetWeight) -> bool:
        """The comparison and the write are one step, as the patch tests what it touches."""
        cluster, matched, wanted = self.cluster, bool(action.matches), _record(action)
        if not cluster.route_exists:
            if cluster.makes_route and action.decided_on is None:
                return self._make(action)
            if (action.weight > 0 or matched or action.copies) and (
                action.decided_on is not None or not cluster.beside
            ):
                raise Gone("VirtualService shop/checkout does not exist any more")
            return False
        if cluster.before_weight is not None:
            cluster.share, cluster.before_weight = cluster.before_weight, None
        live = (cluster.share, cluster.record, cluster.matched, cluster.copies)
        if live == (action.weight, wanted, matched, action.copies):
            return False
        falls = action.weight >= cluster.share if action.reversed else action.weight <= cluster.share
        assert falls or action.decided_on is not None, "a rise says what it replaces"
        if not action.may_replace(cluster.share, FIRST):
            raise Conflict(f"the share is {cluster.share} by now")
        found = self._route()
        if isinstance(found, Route) and action.overlooks(found.lost):
            raise Conflict(f"{found.lost} is gone by now")
        cluster.share, cluster.record = action.weight, wanted
        cluster.matched, cluster.reversed, cluster.copies = matched, action.reversed, action.copies
        return True

    def _restore(self) -> bool:
        """The destination for the canary was ours, and goes with the record."""
        if self.cluster.record is None and not self.cluster.matched:
            return False
        self.cluster.record, self.cluster.share, self.cluster.matched, self.cluster.copies = (
            None,
            Fraction(0),
            False,
            None,
        )
        return True


def _rules(*, matched: bool, mirrors: bool) -> tuple[str, ...]:
    """Of ours, that stand in the route."""
    names = {"canary-operator-match-1-checkout": matched, "canary-operator-mirror-checkout": mirrors}
    return tuple(name for name, stands in names.items() if stands)


def _record(action: SetWeight) -> RouteRecord:
    mirror = None if action.copies is None else action.copies.percentage
    matched = bool(action.matches)
    return RouteRecord(action.run, action.stage, action.weight, action.purpose, matched=matched, mirror=mirror)


def _set_beside(route: MemoryRoute, action: SetWeight) -> bool:
    wanted = _record(action)
    if (route.share, route.record) == (action.weight, wanted):
        return False
    if not action.may_replace(route.share, route.name):
        raise Conflict(f"the share is {route.share} by now")
    route.share, route.record = action.weight, wanted
    return True


def _give_back(route: MemoryRoute) -> bool:
    if route.record is None:
        return False
    route.share, route.record = Fraction(0), None
    return True


def _all_attempted(writes: Sequence[Callable[[], None]], *, stops: bool) -> None:
    """One after the other; `stops`: the first that fails is the last."""
    failures: list[CanaryError] = []
    for write in writes:
        try:
            write()
        except CanaryError as failure:
            failures.append(failure)
            if stops:
                break
    if failures:
        raise failures[0]
