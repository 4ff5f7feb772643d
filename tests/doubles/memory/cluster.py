"""What would live in the API server, in Prometheus and in Envoy, and how it moves while time passes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from canary_operator.api.rollout import Spec
from canary_operator.api.status import Status
from canary_operator.core.actions import Action
from canary_operator.core.copies import Copies
from canary_operator.core.evidence.sample import Counter, SourceSample
from canary_operator.core.world import Missing, Problem, RouteRecord, Trouble, Unknown
from canary_operator.reconcile.rollout import Rollout
from tests.doubles.memory.calls import Calls
from tests.doubles.memory.canary import MemoryCanary
from tests.doubles.memory.deployment import MemoryDeployment
from tests.doubles.memory.route import MemoryRoute

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOTHING = Fraction(0)


@dataclass(slots=True)
class MemoryCluster:
    """By default pods are ready, replaced and listed at once; `startup`, `rolls` and `lag` give them their time."""

    spec: Spec
    now: datetime = NOON
    calls: Calls = field(default_factory=Calls)
    share: Fraction = NOTHING
    record: RouteRecord | None = None
    matched: bool = False
    """Rules of ours stand in the route that send the testers to the new revision."""
    reversed: bool = False
    """That is behind the stable Service."""
    copies: Copies | None = None
    """A rule of ours mirrors."""
    testers: int = 0
    """Requests of theirs beside all others, each time."""
    route_exists: bool = True
    makes_route: bool = False
    """It is for the operator to make."""
    delegated: bool = True
    """Somebody sends requests to it."""
    beside: list[MemoryRoute] = field(default_factory=list)
    """Other routes that are split along, each written by itself."""
    route_problem: Problem | Missing | Unknown | None = None
    deployment: MemoryDeployment = field(default_factory=MemoryDeployment)
    canary: MemoryCanary | None = None
    canary_service: bool = False
    """Ours is there."""
    canary_starts: bool = True
    """Canary pods get ready at all."""
    trouble: Trouble | None = None
    """What a canary pod that is not ready complains about."""
    startup: timedelta = timedelta(0)
    """How long a canary pod takes to get ready."""
    rolls: int | None = None
    """Pods that an unpaused Deployment exchanges in one step of time; None: all at once; 0: when told by `roll`."""
    lag: bool = False
    """Controllers and EndpointSlices learn of a change only when time passes."""
    status: Status = field(default_factory=Status)
    spec_problem: Problem | None = None
    """The spec can't be read."""
    generation: int = 1
    deleting: bool = False
    finalizer: bool = False
    verbs: dict[str, str] = field(default_factory=dict)
    metrics_down: str | None = None
    metrics_ahead: timedelta = timedelta(0)
    """By how much Prometheus' clock is ahead of ours."""
    watched: dict[str, bool] = field(default_factory=dict)
    """Uid -> whether the Services have changed their roles."""
    asks_pods: bool = False
    """Not the callers are asked for counts."""
    totals: dict[str, Counter] = field(default_factory=lambda: {"canary": Counter(0, 0), "baseline": Counter(0, 0)})
    """What callers count."""
    copied: Counter = field(default_factory=lambda: Counter(0, 0))
    """What the new revision's pods count beside that."""
    owed: Fraction = NOTHING
    """Less than one request that the canary gets with the next ones."""
    bad: set[str] = field(default_factory=set)
    """Revisions that fail a half of their requests, wherever they run."""
    frozen: SourceSample | None = None
    """Prometheus answers, and always with this."""
    before_weight: Fraction | None = None
    """Just before the next weight is written somebody sets the share to this."""
    answers: dict[str, object] = field(default_factory=dict)
    """What the looks of the present pass were told."""

    @property
    def log(self) -> list[Action]:
        """Every write that took effect, in order."""
        return self.calls.log

    @property
    def gone(self) -> bool:
        """The rollout object does not exist any more."""
        return self.deleting and not self.finalizer

    def rollout(self, working: Status | None = None) -> Rollout:
        """As the store would hand it to a pass; a working copy that is older than what is saved is forgotten."""
        known = self.status if working is None or working.revision < self.status.revision else working
        return Rollout(
            namespace="shop",
            name="checkout",
            uid="u-1",
            generation=self.generation,
            spec=self.spec_problem or self.spec,
            status=known,
            saved=self.status,
            deleting=self.deleting,
            finalizer=self.finalizer,
            verbs=dict(self.verbs),
        )

    def passes_time(self, span: timedelta) -> None:
        """One step of time: controllers work, pods start, slices are written."""
        self.now += span
        if self.canary is not None:
            self.canary.endpoints = self.canary.ready
        self.settle()
        self.deployment.control(self.rolls)

    def settle(self) -> None:
        """Whatever happens without time passing."""
        if self.canary is not None and self.canary_starts:
            self.canary.start(self.now, self.startup)
        if self.canary is not None and not self.lag:
            self.canary.endpoints = self.canary.ready
        if not self.lag and self.rolls is None:
            self.deployment.control(None)

    def commit(self, revision: str) -> None:
        """Somebody changes the template; the admission policy pauses what carries our mark in the same write."""
        if self.deployment.template != revision:
            policy = self.spec.workload is not None and self.spec.workload.adoption == "Policy"
            self.deployment.edit(template=revision, paused=True if policy and self.deployment.adopted else None)
            self.settle()

    def roll(self, count: int) -> None:
        """The Deployment's controller exchanges so many pods, unless it is paused."""
        self.deployment.control(count)

    def lose_canary_pods(self, *, for_good: bool = True) -> None:
        """No canary pod is ready; with `for_good` none will be until `bring_canary_pods_back`."""
        self.canary_starts = not for_good
        if self.canary is not None:
            self.canary.lose(self.now)
        self.settle()

    def bring_canary_pods_back(self) -> None:
        self.canary_starts = True
        self.settle()

    def freeze_metrics(self) -> None:
        self.frozen = self.frozen or self.sample()

    def sample(self) -> SourceSample:
        """The counters of both arms now; in a reversed run each is behind the other's Service."""
        canary, baseline = self.totals["canary"], self.totals["baseline"]
        if any(self.watched.values()):
            canary, baseline = baseline, canary
        return SourceSample(at=self.now + self.metrics_ahead, canary=canary, baseline=baseline)

    def reported(self) -> dict[str, SourceSample]:
        """By whom it is asked of: a caller knows both arms, a pod its own only."""
        if self.frozen is not None or not self.asks_pods:
            return {"gateway": self.frozen or self.sample()}
        both = self.sample()
        assert both.canary is not None
        canary = Counter(both.canary.total + self.copied.total, both.canary.bad + self.copied.bad)
        return {
            "checkout-canary-1": SourceSample(at=both.at, canary=canary, baseline=None),
            "checkout-1": SourceSample(at=both.at, canary=None, baseline=both.baseline),
        }

    def traffic(self, requests: int, *, canary_bad: float = 0.0, baseline_bad: float = 0.0) -> None:
        """So many requests by the live weight, with so large shares of bad ones at the two Services.

        Each route has the same part of them.
        """
        shares = [self.share, *(route.share for route in self.beside)]
        self.owed += requests * sum(shares, NOTHING) / len(shares)
        drawn, pods = int(self.owed), self.deployment.pods
        self.owed -= drawn
        canary = drawn + (self.testers if self.matched and not self.reversed else 0)
        requests += self.testers
        canary_bad = max(canary_bad, 0.5 if self.canary and self.canary.revision in self.bad else 0.0)
        baseline_bad = max(baseline_bad, 0.5 * sum(pods[each] for each in self.bad) / max(1, pods.total()))
        self._copy(requests, baseline_bad if self.reversed else canary_bad)
        self._count("canary", canary, round(canary * canary_bad))
        self._count("baseline", requests - canary, round((requests - canary) * baseline_bad))

    def _copy(self, requests: int, bad: float) -> None:
        if self.copies is not None:
            copies = round(requests * self.copies.percentage)
            self.copied = Counter(self.copied.total + copies, self.copied.bad + round(copies * bad))

    def _count(self, arm: str, requests: int, bad: int) -> None:
        before = self.totals[arm]
        self.totals[arm] = Counter(before.total + requests, before.bad + bad)
