"""What a pass needs of the outside. Each port takes our small values and converts its own errors to ours.

A look never raises for something missing: that is a value. A write raises `Conflict` when the object is no longer the
one that was seen, `Refused` when the API server rejects the write itself, `InvalidCanary` when the user must act first,
`Unavailable` for anything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from canary_operator.api.metric import Metric, RequestCounter
from canary_operator.api.report import RunReport
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Status
from canary_operator.core.actions import (
    Abandon,
    Adopt,
    Announce,
    EnsureCanary,
    MakeRoutes,
    Pause,
    RemoveCanary,
    RemoveVerb,
    SetWeight,
    Unpause,
)
from canary_operator.core.world import (
    CanaryFacts,
    DeploymentFacts,
    Endpoints,
    Look,
    Missing,
    Problem,
    Reading,
    Unknown,
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which rollout."""

    namespace: str
    name: str
    uid: str

    @property
    def key(self) -> str:
        """`namespace/name`, as it stands in marks and records."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Target(Identity):
    """A rollout and what it refers to."""

    spec: Spec


class Traffic(Protocol):
    """The route that carries the weights."""

    async def look(self, target: Target) -> Look:
        """The live share and our record of it."""

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        """Write the weight and its record, for each object in one atomic step; nothing where nothing changes.

        A fall is attempted in every object, whatever becomes of it in the others; a rise that can't be made in one is
        made in none, as far as that can be told before.
        """

    async def make(self, target: Target, action: MakeRoutes) -> None:
        """Make those that are ours to make and are not there; touch none that is."""

    async def restore(self, target: Target) -> None:
        """Give back what we touched and remove the record; done already, or gone, is success."""


class Workloads(Protocol):
    """The user's workload and the canary beside it."""

    async def look_stable(self, target: Target) -> DeploymentFacts | Problem | Missing | Unknown | None:
        """The user's Deployment; None when the rollout moves traffic only."""

    async def look_canary(self, target: Target, *, pods: bool) -> CanaryFacts | Missing | Unknown | None:
        """The canary Deployment; with `pods` also what its pods complain about."""

    async def look_endpoints(self, target: Target) -> Endpoints | Problem | Unknown:
        """Ready endpoints of both Services."""

    async def perform(
        self, target: Target, action: Adopt | Abandon | Pause | Unpause | EnsureCanary | RemoveCanary
    ) -> None:
        """Do it, or find it done."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a run needs beside the requests that failed."""

    metrics: tuple[Metric, ...] = ()
    """Its metrics, of which the latencies are surveyed before it; none once that was done."""
    boundaries: tuple[str, ...] = ()
    """Where latencies are judged, once that is pinned."""
    own: tuple[Metric, ...] = ()
    """Its metrics with a query of their own."""
    counter: RequestCounter | None = None
    """How the application counts its requests, where Istio does not."""
    copies: bool = False
    """The canary gets copies of requests, which no caller counts: those who answer them do."""


NOTHING_BESIDE = Beside()


class Metrics(Protocol):
    """The newest reading; looks are taken beside the passes, so this never waits."""

    def latest(self, target: Target) -> Reading | Unknown: ...

    def watch(self, target: Target, *, provider: str, exchanged: bool = False, beside: Beside = NOTHING_BESIDE) -> None:
        """Keep taking looks for this rollout until `unwatch`.

        `exchanged`: the stable Service's requests are the canary's, and the canary Service's the baseline's.
        """

    def unwatch(self, uid: str) -> None: ...


class Journal(Protocol):
    """The rollout object itself: status, finalizer, verbs, events."""

    async def record(self, rollout: Identity, status: Status) -> None:
        """Write the status over exactly the object that was decided on."""

    async def set_finalizer(self, rollout: Identity, *, present: bool) -> None: ...

    async def remove_verb(self, rollout: Identity, action: RemoveVerb) -> None: ...

    async def announce(self, rollout: Identity, action: Announce) -> None:
        """Best effort: never raises."""


class Reports(Protocol):
    """Where people find what a run was like; beside the passes, which never wait for it."""

    async def keep(self, rollout: Identity, report: RunReport) -> None:
        """Write it down, over what was written about the same run, and let the oldest runs go."""

    async def kept(self, rollout: Identity, run: str) -> RunReport | None:
        """What was written about this run; None where there is nothing that can be read."""


class Neighbours(Protocol):
    """What stands around a rollout, for whoever looks for pitfalls beside the passes."""

    async def around(self, target: Target) -> Sequence[Mapping[str, Any]]:
        """Routes and rules of its namespace, its Services and its Deployment, as JSON."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port that a pass may use."""

    traffic: Traffic
    workloads: Workloads
    metrics: Metrics
    journal: Journal
