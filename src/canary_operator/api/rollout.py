"""CanaryRollout and its spec: what a user asks for."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from canary_operator.api import contradictions
from canary_operator.api.evidence import MOST_METRICS
from canary_operator.api.metric import Metric
from canary_operator.api.model import Model
from canary_operator.api.names import LabelKey, ObjectName, RevisionName, ServiceName
from canary_operator.api.quantities import Duration, Share

MOST_STAGES = 20


class DeploymentRef(Model):
    name: ObjectName
    """Name of the Deployment, in the namespace of the CanaryRollout."""


class Workload(Model):
    deployment_ref: DeploymentRef
    """The Deployment that carries the stable version. A new pod template in it starts a run."""
    adoption: Literal["Policy", "Pause"] = "Policy"
    """How a new template is caught. Policy: an admission policy pauses the Deployment in the same write, so at rest it
    is not paused. Pause: the Deployment stays paused all the time (for clusters without MutatingAdmissionPolicy v1)."""
    canary_label: LabelKey | None = None
    """Key of the label that tells canary pods from stable pods. It must be in the selector of both the Deployment and
    the stable Service. Default: the one they have in common; of several, `app` or `app.kubernetes.io/name`."""
    progress_deadline: Duration | None = None
    """How long a canary may take to get ready before it is rolled back. Default: the Deployment's own
    progressDeadlineSeconds."""
    drain: Duration = timedelta(seconds=10)
    """How long canary pods are kept after the last traffic was taken from them."""


class VirtualServiceRef(Model):
    name: ObjectName
    """Name of the VirtualService, in the namespace of the CanaryRollout."""
    routes: (
        Annotated[
            tuple[Annotated[str, StringConstraints(min_length=1, max_length=253)], ...],
            Field(min_length=1, max_length=1),
        ]
        | None
    ) = None
    """Name of the http route to split. Not needed when the VirtualService has only one."""


class Istio(Model):
    virtual_services: Annotated[tuple[VirtualServiceRef, ...], Field(min_length=1, max_length=1)]
    """The VirtualService that carries the traffic. Only the weights of stable and canary are changed in it."""


class Traffic(Model):
    istio: Istio
    """Traffic is split by weights in an Istio VirtualService."""
    stable_service: ServiceName
    """The Service whose traffic is split, by its own name, in the namespace of the CanaryRollout."""
    canary_service: ServiceName | None = None
    """The Service in front of the canary's pods. Default: the stable Service's name with `-canary`. With a workload it
    is created where it does not exist; a Service that exists is used and never changed."""


class Stage(Model):
    weight: Share
    """Share of the traffic that goes to the canary, for example "5%" or "0.5%"."""
    duration: Duration
    """How long the stage lasts, for example "30m". It gets longer while nobody can judge."""


class ProviderRef(Model):
    name: ObjectName
    """Name of a metrics provider in the operator's configuration."""


class Analysis(Model):
    provider_ref: ProviderRef = ProviderRef(name="default")
    """Where the metrics come from."""
    scrapes_per_look: Annotated[int, Field(ge=1, le=60)] = 1
    """A look is taken every so many scrapes. More looks find harm sooner and cost no honesty."""
    warmup: Duration = timedelta(seconds=60)
    """After the first traffic only blatant harm is judged for this long, because new pods start cold."""
    min_canary_requests: Annotated[int, Field(ge=1, le=1_000_000_000)] = 100
    """So many requests must reach the canary in a stage before the stage may pass."""
    max_extension: Duration | None = None
    """How much longer a stage may last to collect enough requests. Default: as long again as the stage."""
    on_insufficient_data: Literal["Hold", "Extend", "Promote", "Rollback"] = "Hold"
    """What happens when the extended stage still has too few requests."""
    no_data: Literal["Hold", "Fail"] = "Hold"
    """What happens when the metrics of the baseline are missing although its pods are ready."""
    metrics: Annotated[tuple[Metric, ...], Field(min_length=1, max_length=MOST_METRICS)]
    """What is judged, each once. All share one chance of being wrong, so more metrics cost no honesty."""


class Spec(Model):
    workload: Workload | None = None
    """The workload that is released. Without it only traffic is moved, and a run starts when `revision` changes."""
    revision: RevisionName | None = None
    """Without a workload: names what runs behind the canary Service. A new value starts a run."""
    traffic: Traffic
    """How traffic reaches the two versions."""
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=MOST_STAGES)]
    """The steps of a run, in order; each weight above the one before."""
    analysis: Analysis
    """How the canary is judged."""
    max_duration: Duration = timedelta(hours=24)
    """A run that takes longer than this holds and says so."""

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        """ValueError with everything that the CRD's rules would say, for an object older than a rule."""
        if found := list(contradictions.of(self)):
            raise ValueError("; ".join(found))
        return self

    @property
    def canary_service(self) -> str:
        """The Service in front of the canary's pods."""
        return self.traffic.canary_service or f"{self.traffic.stable_service}-canary"
