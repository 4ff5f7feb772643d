"""One process writes: a small Lease loop, and the right to write.

holder sends a renewal ──┬──────── 5 s ────────► its right to write ends, whatever the API server does
                         └── seen by the others ──────── 6 s without a change ────────► one of them takes the Lease

Times are CLOCK_BOOTTIME: it goes on while the machine sleeps, and nobody can set it. Nobody's wall clock is compared.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from canary_operator.errors import Conflict, Unavailable
from canary_operator.operator.clock import boot_time, wall_time
from canary_operator.providers.json_patch import add, same_object
from canary_operator.providers.kubernetes import Kubernetes
from canary_operator.providers.resources import LEASES

DURATION_SECONDS = 6
RIGHT_SECONDS = 5.0
"""How long the right to write lasts after the *sending* of a renewal that succeeded."""
RENEW_SECONDS = 2.0
POLL_SECONDS = 1.0
RETRY_SECONDS = 0.5
"""These three count from the sending of one call to that of the next: a slow API server is not asked more slowly."""
CALL_SECONDS = RIGHT_SECONDS / 2
"""Timeout of one call: whatever takes longer can't be followed by another in time."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Which Lease, and under which name we hold it."""

    namespace: str
    lease: str
    identity: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A Lease as we last saw it change."""

    version: str
    at: float


class RightToWrite:
    """Asked immediately before every write; it ends by itself."""

    def __init__(self, clock: Callable[[], float] = boot_time) -> None:
        self._clock = clock
        self._until = 0.0

    def holds(self) -> bool:
        return self.left() > 0

    def left(self) -> float:
        """Seconds."""
        return self._until - self._clock()

    def earned(self, *, sent: float) -> None:
        """A renewal that was sent at this time has succeeded."""
        self._until = sent + RIGHT_SECONDS

    def end(self) -> None:
        self._until = 0.0


class Leadership:
    """Earns the right to write for one process at a time."""

    def __init__(
        self,
        kubernetes: Kubernetes,
        right: RightToWrite,
        candidate: Candidate,
        *,
        told: Sequence[Callable[[bool], None]] = (),
        clock: Callable[[], float] = boot_time,
    ) -> None:
        """`kubernetes` must be one that may always write; `told` hear when the right begins and when it has ended."""
        self._kubernetes, self._right = kubernetes, right
        self._namespace, self._name, self._identity = candidate.namespace, candidate.lease, candidate.identity
        self._told = told
        self._clock = clock
        self._leads = False
        self._seen: Seen | None = None
        self._held: dict[str, Any] | None = None
        """The Lease as our last write left it, while nobody else is known to have written it."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:  # noqa: ASYNC110 -- it does not wait for a condition, it keeps a rhythm
            await asyncio.sleep(await self.step())

    async def step(self) -> float:
        """Ask, renew or take once; the seconds until the next step."""
        began, renewed = self._clock(), False
        try:
            await self._renew_or_take()
            renewed = True
        except Conflict:
            self._held = self._seen = None  # somebody wrote it meanwhile: what we know of it is out of date
        except Unavailable as error:
            log.warning("lease_unavailable", error=str(error))
        self._notice()
        return max(0.0, self._rhythm(renewed=renewed) - (self._clock() - began))

    async def release(self) -> None:
        """Give the Lease back, so that another takes over at its next look; call it when no write is in flight."""
        held = self._held if self._right.holds() else None
        self._right.end()
        self._notice()
        if held is not None:
            with contextlib.suppress(Unavailable):
                await self._write(held, holder="")

    async def _renew_or_take(self) -> None:
        lease = self._held or await self._kubernetes.get(LEASES, self._namespace, self._name)
        if lease is not None and not self._may_take(lease, now=self._clock()):
            self._right.end()
            return
        sent = self._clock()
        self._held = await (self._create() if lease is None else self._write(lease, holder=self._identity))
        self._right.earned(sent=sent)

    def _may_take(self, lease: dict[str, Any], *, now: float) -> bool:
        """Ours, nobody's, or one that has not changed for its whole duration while we watched."""
        version = lease["metadata"]["resourceVersion"]
        if self._seen is None or self._seen.version != version:
            self._seen = Seen(version, now)
        lasts = lease["spec"].get("leaseDurationSeconds") or DURATION_SECONDS
        return _holder(lease) in {self._identity, ""} or now - self._seen.at > lasts

    async def _create(self) -> dict[str, Any]:
        body = {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": self._spec(self._identity, acquired=_stamp(), transitions=0),
        }
        return await self._kubernetes.create(LEASES, self._namespace, body)

    async def _write(self, lease: dict[str, Any], *, holder: str) -> dict[str, Any]:
        spec, version = lease["spec"], lease["metadata"]["resourceVersion"]
        same = _holder(lease) == holder
        acquired = spec.get("acquireTime") if same else _stamp()
        transitions = int(spec.get("leaseTransitions") or 0) + (not same and bool(holder))
        wanted = self._spec(holder, acquired=acquired, transitions=transitions)
        operations = [*same_object(lease), add(wanted, "spec")]
        return await self._kubernetes.patch(LEASES, self._namespace, self._name, operations, seen=version)

    def _spec(self, holder: str, *, acquired: str | None, transitions: int) -> dict[str, Any]:
        return {
            "holderIdentity": holder,
            "leaseDurationSeconds": DURATION_SECONDS,
            "acquireTime": acquired,
            "renewTime": _stamp(),
            "leaseTransitions": transitions,
        }

    def _notice(self) -> None:
        if (leads := self._right.holds()) != self._leads:
            self._leads = leads
            log.info("leadership_won" if leads else "leadership_lost", identity=self._identity)
            for tell in self._told:
                tell(leads)

    def _rhythm(self, *, renewed: bool) -> float:
        if not self._leads:
            return POLL_SECONDS
        return RENEW_SECONDS if renewed else RETRY_SECONDS


def _holder(lease: dict[str, Any]) -> str:
    return lease["spec"].get("holderIdentity") or ""


def _stamp() -> str:
    """For people who read the Lease; nothing is decided by it."""
    return datetime.fromtimestamp(wall_time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
