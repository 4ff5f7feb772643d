"""Every port in memory: a small cluster that a story can move, with a clock that is told the time."""

from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from canary_operator.api.rollout import Spec
from canary_operator.api.status import Status
from canary_operator.core.actions import (
    Abandon,
    Action,
    Adopt,
    Announce,
    EnsureCanary,
    Pause,
    Record,
    RemoveCanary,
    RemoveVerb,
    SetWeight,
    Unpause,
)
from canary_operator.core.evidence.sample import Counter, Sample, SourceSample
from canary_operator.core.world import (
    CanaryFacts,
    DeploymentFacts,
    Endpoints,
    Missing,
    Problem,
    Reading,
    Route,
    RouteRecord,
    Unknown,
)
from canary_operator.errors import Conflict
from canary_operator.ports import Identity, Ports, Target
from canary_operator.reconcile.rollout import Rollout

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Crash(Exception):
    """The process dies here."""


@dataclass(slots=True)
class MemoryCluster:
    """What would live in the API server, in Prometheus and in Envoy."""

    spec: Spec
    now: datetime = NOON
    share: Fraction = Fraction(0)
    record: RouteRecord | None = None
    route_problem: Problem | Missing | Unknown | None = None
    template: str = "v1"
    pods: Tally[str] = field(default_factory=lambda: Tally({"v1": 10}))
    """The Deployment's pods by the template they were made from; all of them are ready."""
    paused: bool = False
    adopted: bool = False
    stable_replicas: int = 10
    """What the Deployment asks for; without a workload, the endpoints of the stable Service."""
    canary: CanaryFacts | None = None
    canary_starts: bool = True
    """New canary pods get ready at once."""
    rolls: bool = True
    """An unpaused Deployment is rolled out at once; else `roll` does it, pod by pod."""
    deployment_exists: bool = True
    status: Status = field(default_factory=Status)
    generation: int = 1
    deleting: bool = False
    finalizer: bool = False
    verbs: dict[str, str] = field(default_factory=dict)
    metrics_down: str | None = None
    metrics_ahead: timedelta = timedelta(0)
    """By how much Prometheus' clock is ahead of ours."""
    watched: dict[str, bool] = field(default_factory=dict)
    """Uid -> whether the Services have changed their roles."""
    totals: dict[str, Counter] = field(default_factory=lambda: {"canary": Counter(0, 0), "baseline": Counter(0, 0)})
    bad: set[str] = field(default_factory=set)
    log: list[Action] = field(default_factory=list)
    """Every write that took effect, in order."""
    faults: dict[int, type[Exception]] = field(default_factory=dict)
    """Raise this at the n-th write: before it when n is even, after it when odd."""
    writes: int = 0
    on_write: Callable[[Action], None] = lambda _: None
    """Told of every write that took effect."""
    before_weight: Fraction | None = None
    """Just before the next weight is written somebody sets the share to this."""
    refuses: tuple[type[Action], Exception] | None = None
    """Every write of this kind fails with this."""

    def write(self, action: Action) -> "_Write":
        return _Write(self, action)

    @property
    def ports(self) -> Ports:
        return Ports(_Traffic(self), _Workloads(self), _Metrics(self), _Journal(self))

    def rollout(self, working: Status | None = None) -> Rollout:
        """As the store would hand it to a pass."""
        return Rollout(
            namespace="shop",
            name="checkout",
            uid="u-1",
            generation=self.generation,
            spec=self.spec,
            status=working if working is not None and working.revision >= self.status.revision else self.status,
            saved=self.status,
            deleting=self.deleting,
            finalizer=self.finalizer,
            verbs=dict(self.verbs),
        )

    def traffic(self, requests: int, *, canary_bad: float = 0.0, baseline_bad: float = 0.0) -> None:
        """So many requests by the live weight, with so large shares of bad ones at the canary and the stable Service.

        Versions in `bad` fail a half of theirs, wherever they run.
        """
        canary = round(requests * self.share)
        canary_bad = max(canary_bad, 0.5 if self.canary and self.canary.revision in self.bad else 0.0)
        baseline_bad = max(baseline_bad, 0.5 * sum(self.pods[each] for each in self.bad) / max(1, self.pods.total()))
        self._count("canary", canary, round(canary * canary_bad))
        self._count("baseline", requests - canary, round((requests - canary) * baseline_bad))

    @property
    def running(self) -> str | None:
        """The revision of all pods; None while they differ."""
        return next(iter(self.pods)) if len(self.pods) == 1 else None

    def commit(self, revision: str) -> None:
        """A new template: with the admission policy paused in the same write, else rolled out unless paused."""
        self.template = revision
        policy = self.spec.workload is not None and self.spec.workload.adoption == "Policy"
        self.paused = self.paused or policy
        self.settle()

    def settle(self) -> None:
        if self.rolls:
            self.roll(self.pods.total())

    def roll(self, count: int) -> None:
        """The Deployment's controller exchanges so many pods, unless it is paused."""
        for _ in range(0 if self.paused else count):
            old = next((revision for revision in self.pods if revision != self.template), None)
            if old is not None:
                self.pods = +(self.pods - Tally([old])) + Tally([self.template])

    def _count(self, arm: str, requests: int, bad: int) -> None:
        before = self.totals[arm]
        self.totals[arm] = Counter(before.total + requests, before.bad + bad)


@dataclass(slots=True)
class _Write:
    """A write that can be interrupted before or after it took effect."""

    cluster: MemoryCluster
    action: Action

    async def __aenter__(self) -> None:
        self._strike(2 * self.cluster.writes)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.cluster.log.append(self.action)
            self.cluster.on_write(self.action)
            number = self.cluster.writes
            self.cluster.writes += 1
            self._strike(2 * number + 1)

    def _strike(self, moment: int) -> None:
        if self.cluster.refuses is not None and isinstance(self.action, self.cluster.refuses[0]):
            raise self.cluster.refuses[1]
        fault = self.cluster.faults.pop(moment, None)
        if fault is not None:
            raise fault(f"at {moment}")


@dataclass(frozen=True, slots=True)
class _Traffic:
    cluster: MemoryCluster

    async def look(self, target: Target) -> Route | Problem | Missing | Unknown:
        assert target.spec == self.cluster.spec
        return self.cluster.route_problem or Route(self.cluster.share, self.cluster.record)

    async def set_weight(self, target: Target, action: SetWeight) -> None:
        assert target.key == "shop/checkout"
        wanted = RouteRecord(action.run, action.stage, action.weight, action.purpose)
        if (self.cluster.share, self.cluster.record) == (action.weight, wanted):
            return
        if self.cluster.before_weight is not None:
            self.cluster.share, self.cluster.before_weight = self.cluster.before_weight, None
        falls = action.weight >= self.cluster.share if action.mirrored else action.weight <= self.cluster.share
        assert falls or action.decided_on is not None, "a rise says what it replaces"
        if not action.may_replace(self.cluster.share):
            raise Conflict(f"the share is {self.cluster.share} by now")
        async with self.cluster.write(action):
            self.cluster.share = action.weight
            self.cluster.record = wanted

    async def restore(self, target: Target) -> None:
        assert target.key == "shop/checkout"
        if self.cluster.record is None:
            return
        async with self.cluster.write(SetWeight(Fraction(0), self.cluster.record.purpose, "restored", 0)):
            self.cluster.record = None


@dataclass(frozen=True, slots=True)
class _Workloads:
    cluster: MemoryCluster

    async def look_stable(self, target: Target) -> DeploymentFacts | Missing | None:
        world = self.cluster
        if target.spec.workload is None:
            return None
        if not world.deployment_exists:
            return Missing("Deployment shop/checkout")
        pods, updated = world.pods.total(), world.pods[world.template]
        return DeploymentFacts(
            revision=world.template,
            paused=world.paused,
            adopted=world.adopted,
            rolled_out=world.stable_replicas == pods == updated,
            rolling=updated < pods and (updated > 0 or not world.paused),
            pending=world.paused and updated == 0 and world.stable_replicas > 0,
            replicas=world.stable_replicas,
            available=pods,
            progress_deadline=timedelta(minutes=10),
            generation=1,
        )

    async def look_canary(self, target: Target, *, pods: bool) -> CanaryFacts | Missing | None:
        assert isinstance(pods, bool)
        if target.spec.workload is None:
            return None
        return self.cluster.canary or Missing("Deployment shop/checkout-canary")

    async def look_endpoints(self, target: Target) -> Endpoints:
        if target.spec.workload is None:
            return Endpoints(self.cluster.stable_replicas, 1 if self.cluster.canary_starts else 0)
        return Endpoints(self.cluster.pods.total(), self.cluster.canary.ready if self.cluster.canary else 0)

    async def perform(
        self, target: Target, action: Adopt | Abandon | Pause | Unpause | EnsureCanary | RemoveCanary
    ) -> None:
        assert target.uid == "u-1"
        if isinstance(action, RemoveCanary) and self.cluster.canary is None:
            return
        async with self.cluster.write(action):
            self._do(action)

    def _do(self, action: Adopt | Abandon | Pause | Unpause | EnsureCanary | RemoveCanary) -> None:
        world = self.cluster
        match action:
            case Adopt():
                world.adopted = True
            case Abandon(unpause=unpause):
                world.adopted = False
                world.paused = world.paused and not unpause
                world.settle()
            case Pause(revision=revision) | Unpause(revision=revision) if revision != world.template:
                raise Conflict(f"the template is {world.template}, not {revision}")
            case Pause():
                world.paused = True
            case Unpause():
                world.paused = False
                world.settle()
            case EnsureCanary(revision=revision, replicas=replicas):
                if revision != world.template:
                    raise Conflict(f"the template is {world.template}, not {revision}")
                world.canary = CanaryFacts(revision, replicas, replicas if world.canary_starts else 0)
            case RemoveCanary():
                world.canary = None


@dataclass(frozen=True, slots=True)
class _Metrics:
    cluster: MemoryCluster

    def latest(self, target: Target) -> Reading | Unknown:
        world = self.cluster
        if target.uid not in world.watched:
            return Unknown("the metrics of this rollout are not watched")
        if world.metrics_down is not None:
            return Unknown("connection refused", code=world.metrics_down)
        canary, baseline = world.totals["canary"], world.totals["baseline"]
        if world.watched[target.uid]:
            canary, baseline = baseline, canary
        source = SourceSample(at=world.now + world.metrics_ahead, canary=canary, baseline=baseline)
        five = timedelta(seconds=5)
        return Reading(Sample({"gateway": source}), scrape=five, settle=five, skew=world.metrics_ahead)

    def watch(self, target: Target, *, provider: str, exchanged: bool = False) -> None:
        assert provider == "default"
        self.cluster.watched[target.uid] = exchanged

    def unwatch(self, uid: str) -> None:
        self.cluster.watched.pop(uid, None)


@dataclass(frozen=True, slots=True)
class _Journal:
    cluster: MemoryCluster

    async def record(self, rollout: Identity, status: Status) -> None:
        assert rollout.uid == "u-1"
        async with self.cluster.write(Record(status)):
            if status.revision != self.cluster.status.revision + 1:
                raise Conflict("a record must follow the one before")
            self.cluster.status = Status.model_validate_json(status.model_dump_json(by_alias=True))

    async def set_finalizer(self, rollout: Identity, *, present: bool) -> None:
        assert rollout.uid == "u-1"
        self.cluster.finalizer = present

    async def remove_verb(self, rollout: Identity, action: RemoveVerb) -> None:
        assert rollout.uid == "u-1"
        async with self.cluster.write(action):
            if self.cluster.verbs.get(action.verb) == action.value:
                del self.cluster.verbs[action.verb]

    async def announce(self, rollout: Identity, action: Announce) -> None:
        assert rollout.uid == "u-1"
        self.cluster.log.append(action)
