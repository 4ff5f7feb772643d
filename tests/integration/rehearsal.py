"""Release after release in one shop, with an operator that may be killed at any of its writes."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from testbed.cluster import Cluster
from testbed.operator import OperatorProcess
from testbed.proxy import Call, Proxy, Trap, Write
from testbed.shop import CANARY, Rollout, Shop, canary_share, http_route
from testbed.shop.reader import Reader

LONGEST = 60
"""Seconds for one run; several at once share the machine."""
_NOTICED = 20.0
_SHARES = {"virtualservices": canary_share, "httproutes": http_route.canary_share}


def is_of_a_route(call: Call) -> bool:
    return call.resource in _SHARES


def share_after(write: Write) -> float:
    return _SHARES[write.call.resource](write.answer)


@dataclass(frozen=True, slots=True)
class Performance:
    """One run, from the new template to the end."""

    number: int
    """The step at which the operator was to be killed."""
    killed: bool
    """Whether it was: a run that is over before makes fewer steps."""
    steps: tuple[Write, ...]
    """Of all its operators."""
    before: Rollout
    after: Rollout

    @property
    def shares(self) -> list[float]:
        """The canary's share in percent after each write of the route."""
        return [share_after(write) for write in self.steps if is_of_a_route(write.call)]

    def created(self, resource: str) -> int:
        return sum((write.call.verb, write.call.resource) == ("create", resource) for write in self.steps)

    def unserved_rises(self) -> list[Write]:
        """Writes that raised the share while the canary's Service had no ready endpoint."""
        share, found = 0.0, []
        for write in self.steps:
            if is_of_a_route(write.call):
                rises, share = share_after(write) > share, share_after(write)
                found += [write] if rises and not write.witnessed else []
        return found


class ReadyCanaries:
    """Counts the ready endpoints of the canary's Service before each write of the route."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._reader = Reader(cluster.state, namespace)

    def __call__(self, call: Call) -> int:
        return sum(1 for _ in self._ready()) if is_of_a_route(call) else 0

    def _ready(self) -> Iterator[object]:
        for piece in self._reader.all("discovery.k8s.io/v1", "endpointslices"):
            if piece["metadata"]["labels"].get("kubernetes.io/service-name") == CANARY:
                yield from (it for it in piece.get("endpoints") or [] if it["conditions"].get("ready"))


class Rehearsal:
    def __init__(self, shop: Shop, operator: OperatorProcess, proxy: Proxy) -> None:
        self._shop, self._operator, self._proxy = shop, operator, proxy

    def release(self, tag: str, number: int, *, delivered: bool) -> Performance:
        """A new version; the operator is killed at this step of the run, and started again."""
        before, killed = self._shop.rollout(), threading.Event()

        def kill() -> None:
            self._operator.kill()
            killed.set()

        def is_over(seen: Rollout) -> bool:
            return (
                seen.rests and seen.status["runs"] > before.status["runs"] and seen.reason in {"AtRest", "RolledBack"}
            )

        self._proxy.begin(Trap(number, kill, delivered))
        self._shop.release(tag)
        self._shop.until("the kill or the end", lambda seen: killed.is_set() or is_over(seen), LONGEST)
        if len(self._proxy.steps()) >= number:
            assert killed.wait(_NOTICED)
            self._operator.start()
        after = self._shop.until("the end of the run", is_over, LONGEST)
        return Performance(number, killed.is_set(), self._proxy.steps(), before, after)


def nothing_was_done_twice(run: Performance) -> None:
    """Whoever was killed between the act and its note did not act again."""
    assert run.after.status["runs"] == run.before.status["runs"] + 1
    assert len(run.after.outcomes) == min(10, len(run.before.outcomes) + 1)
    assert (run.created("deployments"), run.created("services")) == (1, 0)
    assert run.unserved_rises() == []


def rises_once_and_falls_once(shares: list[float]) -> bool:
    """Such as 50, 50, 100, 0, 0."""
    top = shares.index(max(shares))
    rising, falling = shares[: top + 1], shares[top:]
    return all(a <= b for a, b in pairwise(rising)) and all(a >= b for a, b in pairwise(falling))
