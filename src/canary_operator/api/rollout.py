"""CanaryRollout and its spec: what a user asks for."""

from datetime import timedelta
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from canary_operator.api import contradictions
from canary_operator.api.evidence import MOST_METRICS
from canary_operator.api.matches import MOST_MATCHES, CanaryBucket, CanaryMatch
from canary_operator.api.metric import Metric
from canary_operator.api.mirror import Mirror
from canary_operator.api.model import Model
from canary_operator.api.names import LabelKey, ObjectName, RevisionName, ServiceName, SubsetName
from canary_operator.api.quantities import Duration, Share
from canary_operator.api.routes import MOST_OBJECTS, MOST_ROUTES, Port, TcpRoute, TlsRoute
from canary_operator.api.stickiness import Stickiness

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
    the stable Service; with `subsets`, in the selector of the Deployment and not of the Service. Default: the only one
    that will do; of several, `app` or `app.kubernetes.io/name`, with `subsets` `version`."""
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
            Field(min_length=1, max_length=MOST_ROUTES),
        ]
        | None
    ) = None
    """Names of the http routes to split, all alike. Not needed when the VirtualService has only one."""
    tcp_routes: Annotated[tuple[TcpRoute, ...], Field(min_length=1, max_length=MOST_ROUTES)] | None = None
    """The tcp routes to split instead of http routes; connections are split then, and a connection stays where it is.
    Their metrics are queries of your own."""
    tls_routes: Annotated[tuple[TlsRoute, ...], Field(min_length=1, max_length=MOST_ROUTES)] | None = None
    """The tls routes (passed through, not terminated) to split instead of http routes, likewise."""
    managed_route: bool = False
    """The operator makes this VirtualService: a delegate without hosts, with one http route to the stable Service. An
    http rule of a VirtualService of yours delegates to it by name, and that one is never edited. It stays when the
    CanaryRollout is deleted, because requests that are delegated to nothing get no answer."""
    port: Port | None = None
    """With `managedRoute`: the stable Service's port to send to. Not needed when the Service has only one."""


class Subsets(Model):
    destination_rule: ObjectName
    """Name of the DestinationRule of the stable Service, in the namespace of the CanaryRollout."""
    stable: SubsetName = "stable"
    """Name of the subset that the routes send to. The DestinationRule must have it, and its labels must leave out the
    canary's pods."""
    canary: SubsetName = "canary"
    """Name of the subset of the canary's pods. Where the DestinationRule has none of this name, one is added for each
    run and removed after it; one that exists is used, and the canary's pods get its labels."""


class Istio(Model):
    virtual_services: Annotated[tuple[VirtualServiceRef, ...], Field(min_length=1, max_length=MOST_OBJECTS)]
    """The VirtualServices that carry the traffic, one for the gateway and one for the mesh perhaps. All of their routes
    that are asked for are split alike. Only the weights of stable and canary are changed in them, and with `stickiness`
    each sets a cookie; while a run lasts, rules for `canaryMatches`, `canaryBucket`, `stickiness` and `mirror` stand
    before those."""
    subsets: Subsets | None = None
    """Traffic is split between two subsets of the stable Service instead of between two Services."""


class HTTPRouteRef(Model):
    name: ObjectName
    """Name of the HTTPRoute, in the namespace of the CanaryRollout."""
    rules: Annotated[tuple[ObjectName, ...], Field(min_length=1, max_length=MOST_ROUTES)] | None = None
    """Names of the rules to split, all alike. Not needed when the HTTPRoute has only one. The Gateway API's CRDs know
    names of rules from version 1.4 on."""


class GatewayAPI(Model):
    http_routes: Annotated[tuple[HTTPRouteRef, ...], Field(min_length=1, max_length=MOST_OBJECTS)]
    """The HTTPRoutes that carry the traffic, one for the gateway and one for the mesh perhaps. All of their rules that
    are asked for are split alike. Only the weights of stable and canary are changed in them, and with `stickiness` each
    sets a cookie; while a run lasts, rules for `canaryMatches`, `canaryBucket`, `stickiness` and `mirror` stand before
    those."""


class Traffic(Model):
    istio: Istio | None = None
    """Traffic is split by weights in Istio VirtualServices; give this or `gatewayAPI`."""
    gateway_api: Annotated[GatewayAPI | None, Field(alias="gatewayAPI")] = None
    """Traffic is split by weights in HTTPRoutes of the Gateway API; give this or `istio`."""
    stable_service: ServiceName
    """The Service whose traffic is split, by its own name, in the namespace of the CanaryRollout."""
    canary_service: ServiceName | None = None
    """The Service in front of the canary's pods. Default: the stable Service's name with `-canary`. With a workload it
    is created where it does not exist; one that exists is used and never changed. With `subsets` there is none."""
    canary_matches: Annotated[tuple[CanaryMatch, ...], Field(min_length=1, max_length=MOST_MATCHES)] | None = None
    """Requests that go to the canary whatever the weight is, from the first stage on. A request is meant when it passes
    all tests of one item. With a first stage of "0%" nobody else gets the canary: a dark launch."""
    match_service: ServiceName | None = None
    """A Service of your own in front of the canary's pods, for canary matches once others have the canary too. What
    goes through it is no part of any comparison. Default: the canary Service, and they count like all others."""
    canary_bucket: CanaryBucket | None = None
    """Splits by a number that each user keeps, instead of by chance: who had the canary in a stage has it in all later
    ones. Requests without such a number go to stable."""
    mirror: Mirror | None = None
    """How the requests of stages with `mirror` are copied. Default: GET and HEAD only."""
    stickiness: Stickiness | None = None
    """Whoever was given a version keeps it: nobody flips between the two while a run lasts. Nobody who has the canary
    goes back, and with each weight just so many others get it as make it exact."""
    on_drift: Literal["Hold", "Reapply"] = "Hold"
    """When somebody else changes the weight in a run. Hold: it stays as they set it until `resume`. Reapply: ours is
    written again, at most five times in a stage; after that it holds, because two fight over the route."""

    @property
    def subsets(self) -> Subsets | None:
        """None where two Services are split."""
        return self.istio.subsets if self.istio is not None else None

    @property
    def carries_connections(self) -> bool:
        """A route below HTTP, where nobody knows of requests."""
        return any(one.tcp_routes is not None or one.tls_routes is not None for one in self.virtual_services)

    @property
    def virtual_services(self) -> tuple[VirtualServiceRef, ...]:
        """None where another kind of route is split."""
        return self.istio.virtual_services if self.istio is not None else ()

    @property
    def http_routes(self) -> tuple[HTTPRouteRef, ...]:
        """None where another kind of route is split."""
        return self.gateway_api.http_routes if self.gateway_api is not None else ()


class Stage(Model):
    weight: Share = Fraction(0)
    """Share of the traffic that goes to the canary, for example "5%" or "0.5%". "0%" is for first stages: one in which
    nobody but `canaryMatches` gets the canary, or those with `mirror`."""
    mirror: Share | None = None
    """Of this share of the requests the canary gets a copy, for example "20%", and what it answers is thrown away: the
    users have stable only. For stages before the first with a weight. GET and HEAD only; see `traffic.mirror`."""
    duration: Duration
    """How long the stage lasts, for example "30m". It gets longer while nobody can judge."""

    @property
    def load(self) -> Fraction:
        """The share of the requests that the canary's pods have to answer, whoever gets the answers."""
        return self.mirror or self.weight


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
    on_share_mismatch: Literal["Hold", "Ignore"] = "Hold"
    """What happens when the canary gets another share of the requests than its weight says."""
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
        """The Service in front of the canary's pods: with subsets the only one there is."""
        if self.traffic.subsets is not None:
            return self.traffic.stable_service
        return self.traffic.canary_service or f"{self.traffic.stable_service}-canary"
