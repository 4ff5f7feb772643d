"""The world as one pass saw it: one frozen snapshot, in which every part is a value or a reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from canary_operator.api.reasons import READING
from canary_operator.api.rollout import Spec
from canary_operator.api.status import Boundary, PodSpread, Run, Status
from canary_operator.core.actions import Purpose
from canary_operator.core.carriers import VIRTUAL_SERVICE, Carrier
from canary_operator.core.evidence.judge import Judgement
from canary_operator.core.evidence.sample import Sample


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not answered, or not asked: try again."""

    reason: str
    code: str = READING
    """A reason of `api.reasons`, for what a user should know."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Answered: it is not there."""

    what: str
    ours: bool = False
    """It is for us to make."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Answered, and the user must act: a reason of `api.reasons` and a sentence with field, value and cure."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """What the route's own annotation says we did to it; it wins over status."""

    run: str
    stage: int
    weight: Fraction
    purpose: Purpose
    matched: bool = False
    """Requests were sent to the new revision by what they say."""
    mirror: Fraction | None = None
    """The share of the requests of which it gets a copy."""


@dataclass(frozen=True, slots=True)
class Route:
    """The live route: the canary's share of what stable and canary receive together.

    A rollout may split several, all alike (`core.together`): then it is all of them, with the highest share of any.
    """

    share: Fraction
    record: RouteRecord | None
    matched: tuple[str, ...] = ()
    """Rules of ours that stand in it and send requests to the canary by what they say."""
    lost: tuple[str, ...] = ()
    """Rules of ours that our record knows of, and that are gone or not as they were written."""
    editor: str = ""
    """Who changed its rules last, where it was not us: the name of a field manager."""
    carrier: Carrier = VIRTUAL_SERVICE
    """Whatever object it stands in."""
    name: str = field(default="", compare=False)
    """What a person calls it where there are several."""
    hindrance: Problem | None = None
    """Why splitting it would not split the users, where that is known."""
    parts: tuple["Route", ...] = ()
    """Each of several that can be read."""
    faults: tuple[Problem | Missing, ...] = ()
    """What is wrong with those that can't, or are not there."""

    @property
    def each(self) -> tuple["Route", ...]:
        """All that there are, one where there is only one."""
        return self.parts or (self,)

    @property
    def feeds(self) -> bool:
        """Whether anybody gets the canary by it."""
        return self.share > 0 or bool(self.matched)

    def strays(self, weight: Fraction) -> tuple["Route", ...]:
        """Those that are not as we write them at this weight."""
        return tuple(one for one in self.each if one.share != weight or one.lost)

    def is_at(self, weight: Fraction) -> bool:
        return not self.strays(weight)

    @property
    def unmade(self) -> tuple[str, ...]:
        """Those that are not there and for us to make."""
        return tuple(fault.what for fault in self.faults if isinstance(fault, Missing) and fault.ours)


Look = Route | Problem | Missing | Unknown
"""What is known of the route, or why nothing is."""


@dataclass(frozen=True, slots=True)
class DeploymentFacts:
    """The user's Deployment. Revisions are hashes of the pod template as a user would compare it."""

    revision: str
    paused: bool
    adopted: bool
    """It carries our mark for this rollout."""
    rolled_out: bool
    """The controller has seen this generation, and every pod is of the present template and available."""
    rolling: bool
    """Pods of the present template exist beside pods of another one, or are about to: a rollout has begun."""
    pending: bool
    """Paused, and the present template has no pods at all: it waits for the Deployment to be unpaused."""
    replicas: int
    available: int
    progress_deadline: timedelta
    generation: int
    autoscaled: bool = False
    """A HorizontalPodAutoscaler targets it."""
    images: str | None = None
    """The images of its template in a few words, such as `checkout:v2`."""


class Fault(StrEnum):
    """Whose fault it is that a pod does not get ready."""

    RELEASE = "Release"
    CLUSTER = "Cluster"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why canary pods are not ready, in the pod's own words."""

    fault: Fault
    message: str


@dataclass(frozen=True, slots=True)
class Restart:
    """A container that is not its pod's first."""

    times: int
    """How often it was started anew."""
    ended_at: datetime | None
    """When the one before it ended, by its node's clock; None where nobody says so any more."""
    message: str


@dataclass(frozen=True, slots=True)
class CanaryFacts:
    """The canary Deployment that we made."""

    revision: str
    replicas: int
    ready: int
    trouble: Trouble | None = None
    """Filled when pods were asked for and one has a complaint."""
    restarts: tuple[Restart, ...] | None = None
    """None: pods were not asked for."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Ready endpoints in the EndpointSlices of the two Services."""

    stable: int
    canary: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest counters of this rollout, with what the provider measured about itself."""

    sample: Sample
    scrape: timedelta
    """Time between two scrapes."""
    settle: timedelta
    """How long after a weight change old requests still end: the baseline's P99 duration."""
    phi: float = 1.0
    """How much wider than independent requests the baseline's errors scattered before the run."""
    boundaries: tuple[Boundary, ...] = ()
    """Where the buckets of the durations let latencies be judged, by what the baseline did before the run."""
    pods: PodSpread | None = None
    """How much the baseline's pods differed before the run; None where no pod's own reports are there."""
    complaints: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Why a query of the user's own has no sample, by the metric's name."""
    skew: timedelta = field(default=timedelta(0), compare=False)
    """The provider's clock less ours: what turns a time of ours into one of its samples'."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that one decision may know."""

    now: datetime
    name: str
    generation: int
    spec: Spec | Problem
    status: Status
    """As the last pass left it, in memory; ahead of `saved` by the looks since."""
    saved: Status
    """As the API server holds it."""
    deleting: bool = False
    finalizer: bool = True
    verbs: Mapping[str, str] = field(default_factory=dict)
    """Verb annotations: verb -> value."""
    route: Look = Unknown("not asked")
    deployment: DeploymentFacts | Problem | Missing | Unknown | None = None
    """None: the rollout moves traffic only."""
    canary: CanaryFacts | Missing | Unknown | None = None
    baseline: CanaryFacts | Missing | Unknown | None = None
    """The canary Deployment in a reversed run, where it carries the stable revision; None in any other."""
    endpoints: Endpoints | Problem | Unknown = Unknown("not asked")
    reading: Reading | Unknown = Unknown("not asked")
    judgement: Judgement | None = None
    """What the evidence says, once the newest reading was counted in."""

    @property
    def run(self) -> Run:
        """The run in progress; asking without one is a mistake of ours."""
        if self.status.run is None:
            raise AssertionError(f"{self.name} has no run in state {self.status.state}")
        return self.status.run

    @property
    def stable_pods(self) -> int | None:
        """Available pods of the arm that the traffic would return to; None when that can't be told."""
        match self.baseline or self.deployment:
            case DeploymentFacts(available=pods) | CanaryFacts(ready=pods):
                return pods
            case Missing():
                return 0
            case _:
                return None

    @property
    def revision(self) -> str | None:
        """What is to be shipped now; None when it can't be told."""
        match self.deployment:
            case None:
                return self.spec.revision if isinstance(self.spec, Spec) else None
            case DeploymentFacts(revision=revision):
                return revision
            case _:
                return None

    @property
    def images(self) -> str | None:
        """What people know the newest revision by; None where they name revisions themselves."""
        return self.deployment.images if isinstance(self.deployment, DeploymentFacts) else None
