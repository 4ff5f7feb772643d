"""Everything we ever persist. Fields are only added; a reader takes the version before its own."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field
from pydantic.config import JsonDict

from canary_operator.api.evidence import MOST_TALLIES, Evidence
from canary_operator.api.matches import MOST_MATCHES, CanaryBucket, CanaryMatch
from canary_operator.api.mirror import Mirror
from canary_operator.api.model import Model
from canary_operator.api.quantities import Duration, Share
from canary_operator.api.rollout import Analysis, Stage
from canary_operator.api.stickiness import StickyCookie

STATUS_VERSION = 1
HISTORY = 10
LONGEST_VERDICT = 2048


BY_TYPE: JsonDict = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
"""Several writers may each own one condition."""


class State(StrEnum):
    """Where a rollout stands between two passes."""

    OUTSIDE = "Outside"
    RESTING = "Resting"
    PREPARING = "Preparing"
    STAGED = "Staged"
    PROMOTING = "Promoting"
    STANDING_IN = "StandingIn"
    CLEANING = "Cleaning"
    LEAVING = "Leaving"


class Outcome(StrEnum):
    """How a run ended."""

    PROMOTED = "Promoted"
    ROLLED_BACK = "RolledBack"
    ABORTED = "Aborted"
    SUPERSEDED = "Superseded"
    BYPASSED = "Bypassed"


class Condition(Model):
    """A metav1.Condition."""

    type: Literal["Ready", "Reconciling", "Stalled", "Succeeded"]
    """Ready sums up; Reconciling and Stalled are read by kstatus; Succeeded speaks of the last run."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: Annotated[str, Field(max_length=64)]
    """One of the documented reasons."""
    message: Annotated[str, Field(max_length=1024)]
    """One sentence for a person."""
    last_transition_time: datetime
    """When the status last changed."""
    observed_generation: int
    """The generation of the spec that this speaks of."""


class Hold(Model):
    """Why a run stays where it is."""

    reason: Annotated[str, Field(max_length=64)]
    """One of the documented reasons."""
    message: Annotated[str, Field(max_length=1024)]
    """What happened and what to do."""
    since: datetime
    """When it began."""


class Intent(Model):
    """A weight that we are about to write, recorded before it is written."""

    weight: Share
    """The canary's share."""
    stage: int
    """The stage it belongs to, counted from 1."""


class Plan(Model):
    """What was asked when the run began; an edit of the spec is for the next run."""

    stages: Annotated[tuple[Stage, ...], Field(max_length=21)]
    """The stages, with the final one at 100 %."""
    analysis: Analysis
    """How the canary is judged."""
    max_duration: Duration
    """After this the run holds."""
    drain: Duration = timedelta(0)
    """How long the canary's pods are kept after their last traffic."""
    matches: Annotated[tuple[CanaryMatch, ...], Field(max_length=MOST_MATCHES)] = ()
    """Requests that go to the canary whatever the weight is."""
    match_service: Annotated[str, Field(max_length=63)] | None = None
    """The Service that they go through beside a weight, where it is not the canary's."""
    bucket: CanaryBucket | None = None
    """By which number of a user the traffic is split."""
    cookie: StickyCookie | None = None
    """The cookie by which users stay with their version."""
    mirror: Mirror = Mirror()
    """How requests are copied in stages that mirror."""
    on_drift: Literal["Hold", "Reapply"] = "Hold"
    """What to do when somebody else changes the weight."""


class Boundary(Model):
    """A bucket boundary of the request durations at which a latency is judged: what takes longer is slow."""

    metric: Annotated[str, Field(max_length=63)]
    """The metric that is judged here."""
    le: Annotated[str, Field(max_length=24)]
    """The boundary as the buckets' label names it, in milliseconds."""
    margin: float | None = None
    """How many times the baseline's rate of slow requests is allowed."""
    limit: float | None = None
    """The rate of slow requests that is allowed at most, between 0 and 1."""
    ignore_below: float | None = None
    """A rate of slow requests below this is never worth a rollback by comparison."""
    phi: float = 1.0
    """How many times wider than independent requests the slow ones scattered before the run."""

    @property
    def key(self) -> str:
        """What its tally is known by."""
        return f"{self.metric}@{self.le}"


class PodSpread(Model):
    """How much the baseline's pods differed in their errors before the run."""

    pods: int
    """So many of them were seen."""
    tau: float
    """The standard deviation of ln(error rate) between pods; 0 where chance explains what they show."""
    margin: float = 1.0
    """How many times the baseline's rate the canary's pods may have by that alone."""


class Pinned(Model):
    """What was measured about the metrics when the run began."""

    scrape: Duration
    """Time between two scrapes."""
    settle: Duration
    """Time after a weight change that is not judged."""
    boundaries: Annotated[tuple[Boundary, ...], Field(max_length=MOST_TALLIES)] = ()
    """Where latencies are judged."""
    pods: PodSpread | None = None
    """None where no pod's own reports were found."""


class Restarts(Model):
    """Containers of the canary that ended after it had got traffic."""

    times: int
    """How often they were started anew."""
    message: Annotated[str, Field(max_length=512)]
    """The newest one's last words."""


class Run(Model):
    """One execution for one revision."""

    id: Annotated[str, Field(max_length=40)]
    """First ten characters of the revision and the number of the run."""
    revision: Annotated[str, Field(max_length=64)]
    """What is shipped."""
    images: Annotated[str, Field(max_length=100)] | None = None
    """Its images, as people know it."""
    reversed: bool = False
    """The arms changed places: the new revision is in the Deployment, and the canary's pods carry the stable one."""
    plan: Plan
    """What was asked."""
    base_replicas: int = 0
    """The most available stable pods seen, from which the canary's size follows."""
    stage: int = 1
    """The stage that runs or is being prepared, counted from 1."""
    weight: Share
    """The new revision's share that we last wrote to the route."""
    matched: bool = False
    """Beside it the route sends canary matches to the new revision."""
    mirror: Share | None = None
    """Of this share of the requests the new revision gets a copy, by our last word; none where nothing is copied."""
    weight_changed_at: datetime | None = None
    """When we wrote it."""
    carries_since: datetime | None = None
    """When the new revision first got traffic."""
    breach: Annotated[str, Field(max_length=LONGEST_VERDICT)] = ""
    """The verdict that found harm. It stays: what comes later may look better, and takes nothing back."""
    pods_at: datetime | None = None
    """When the canary's pods were last asked for restarts."""
    restarts: Restarts | None = None
    """What they answered, where there were any."""
    intent: Intent | None = None
    """A weight that is about to be written."""
    started_at: datetime
    """When the run began."""
    prepare_by: datetime | None = None
    """Until when the canary, or after promotion stable, must be ready."""
    ends_at: datetime | None = None
    """When the stage ends, if there is enough to judge by then."""
    looked_at: datetime | None = None
    """When the last good look was taken."""
    frozen_since: datetime | None = None
    """Since when the stage's clock stands still."""
    thawed_at: datetime | None = None
    """Since when it goes: what stood still before is in its times already."""
    endpoints_at: datetime | None = None
    """When the ready endpoints were last asked for."""
    unready_since: datetime | None = None
    """Since when a canary with traffic has no ready endpoint."""
    hold: Hold | None = None
    """Why the run stays where it is."""
    paused: bool = False
    """A person says when it goes on."""
    paused_for: Annotated[str, Field(max_length=1024)] | None = None
    """Why the traffic was given back to stable until then; none where a person paused it."""
    promote: bool = False
    """A person asked to end the present stage or hold."""
    reapply: bool = False
    """A person asked to write the weight once more over somebody's edit."""
    reapplied: int = 0
    """How often in this stage that was done because `onDrift` says so."""
    verified: bool = True
    """False when a stage passed without enough requests."""
    unpaused: bool = False
    """The Deployment was told to roll: the point of no return."""
    outcome: Outcome | None = None
    """How it ended; set when only tidying up is left."""
    reason: Annotated[str, Field(max_length=64)] | None = None
    """Why it ended."""
    message: Annotated[str, Field(max_length=1024)] | None = None
    """Why it ended, for a person."""
    drain_until: datetime | None = None
    """Until when the canary's pods are kept after their last traffic."""
    pinned: Pinned | None = None
    """What was measured about the metrics."""
    evidence: Evidence
    """What was seen of both arms."""
    saved_at: datetime | None = None
    """When the evidence was last written down."""


class PastRun(Model):
    """A finished run."""

    id: Annotated[str, Field(max_length=40)]
    """Its id."""
    revision: Annotated[str, Field(max_length=64)]
    """What was shipped."""
    images: Annotated[str, Field(max_length=100)] | None = None
    """Its images."""
    outcome: Outcome
    """How it ended."""
    reason: Annotated[str, Field(max_length=64)]
    """Why."""
    message: Annotated[str, Field(max_length=512)]
    """Why, for a person."""
    started_at: datetime
    """When it began."""
    ended_at: datetime
    """When it ended."""


class PendingVerb(Model):
    """A verb that was read and is about to be acted on."""

    verb: Literal["abort", "promote", "retry", "pause", "resume"]
    """Which."""
    value: Annotated[str, Field(max_length=64)]
    """The annotation's value."""


class WorkloadStatus(Model):
    observed_generation: int
    """The generation of the Deployment that the rest of the status speaks of."""


class Status(Model):
    """The status of a CanaryRollout."""

    version: int = STATUS_VERSION
    """The version of this status."""
    revision: int = 0
    """Counts our writes of this status, so that an older copy is known as such."""
    observed_generation: int = 0
    """The generation of the spec that was last read."""
    state: State = State.OUTSIDE
    """Where the rollout stands."""
    conditions: Annotated[tuple[Condition, ...], Field(max_length=8, json_schema_extra=BY_TYPE)] = ()
    """Ready, Reconciling, Stalled and Succeeded."""
    stable_revision: Annotated[str, Field(max_length=64)] | None = None
    """What runs as stable."""
    stable_images: Annotated[str, Field(max_length=100)] | None = None
    """Its images."""
    runs: int = 0
    """How many runs were begun."""
    retry: bool = False
    """A person asked to try the failed revision again."""
    pending_verb: PendingVerb | None = None
    """A verb that is being acted on."""
    last_revision: Annotated[str, Field(max_length=64)] | None = None
    """What the last run shipped."""
    last_outcome: Outcome | None = None
    """How it ended."""
    workload: WorkloadStatus | None = None
    """The workload as it was last seen."""
    stage: Annotated[str, Field(max_length=8)] | None = None
    """The present stage of how many, for example 2/4."""
    weight: Annotated[str, Field(max_length=10)] | None = None
    """The share that the new revision was given."""
    observed_weight: Annotated[str, Field(max_length=10)] | None = None
    """The share of requests that the canary got in this stage."""
    canary_requests: int | None = None
    """Requests that the canary answered in this run."""
    score: int | None = None
    """How the critical metrics stand in this stage, from 0 to 100: each gives its weight's part, all of it without
    harm, half while it has seen too little. It decides nothing."""
    run: Run | None = None
    """The run in progress; while the canary stands in for stable, the one before."""
    history: Annotated[tuple[PastRun, ...], Field(max_length=HISTORY)] = ()
    """The last runs, newest first."""
