"""What a user wants judged: one metric and its bounds."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from canary_operator.api.model import Model
from canary_operator.api.names import MetricName, PromLabel, PromName, StatusPattern
from canary_operator.api.quantities import AnyLimit, Limit, Memory, Percentage, Share

ERROR_RATE = "istio-error-rate"
SLOWEST = {
    "istio-latency-p50": Fraction(1, 2),
    "istio-latency-p95": Fraction(5, 100),
    "istio-latency-p99": Fraction(1, 100),
}
"""The share of requests that each latency leaves above it."""
OF_PODS = ("memory", "cpu")
RESTARTS = "restarts"
REQUESTS = "requests"
LONGEST_QUERY = 1000

Preset = Literal[
    "istio-error-rate",
    "istio-latency-p50",
    "istio-latency-p95",
    "istio-latency-p99",
    "requests",
    "memory",
    "cpu",
    "restarts",
]
Kind = Literal["Counter", "Gauge", "Scalar"]
Query = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUERY)]


class RequestCounter(Model):
    """How an application counts its requests by itself."""

    metric: PromName = "http_requests_total"
    """The counter: a series for each pod and status."""
    status_label: PromLabel = "code"
    """The label that says how a request ended."""
    failed: StatusPattern = "5.."
    """What that label says of one that failed: a pattern of its whole, for example "5..", "500|503" or "error"."""
    pod_label: PromLabel = "pod"
    """The label with the pod's name, as Prometheus sets it when it scrapes pods."""
    namespace_label: PromLabel = "namespace"
    """The label with the pod's namespace."""


class Metric(Model):
    preset: Preset | None = None
    """What is measured. istio-error-rate: the share of requests answered with a 5xx status, counted by the callers.
    istio-latency-p50, -p95, -p99: the time that all but 50 %, 5 %, 1 % of the requests keep; a failed one keeps none.
    requests: the share of requests that failed as the pods themselves count them, where Istio counts none. memory: each
    pod's working set. cpu: its seconds of CPU for a request. restarts: containers of the canary that ended by
    themselves after it got traffic."""
    requests: RequestCounter | None = None
    """For preset requests: which counter it is and what its labels are called, where they are not the usual ones."""
    name: MetricName | None = None
    """What a metric of your own is called, for example "conversion"; a preset has its own name."""
    prom_ql: Annotated[Query | None, Field(alias="promQL")] = None
    """A query of your own instead of a preset, asked once for each arm. Placeholders: $namespace, $workload, $service,
    $pods (a pattern for `pod=~`), $arm (canary or baseline), $interval (a range for rate); $$ is a dollar sign."""
    out_of: Query | None = None
    """The query of the whole for kind Counter, for example all visits, of which promQL counts those with an order."""
    kind: Kind = "Counter"
    """What promQL answers. Counter: raw counters that only grow, without rate or increase, as a part of outOf. Gauge: a
    number for each pod, compared by maxIncrease or maxDecrease and held to max and min. Scalar: one number, held to
    max and min."""
    max: Limit | None = None
    """The canary is rolled back when its rate, for example "1%", its latency, for example "500ms", its memory, for
    example "500Mi", or its number, for example "0.8", is above this."""
    min: Limit | None = None
    """The canary is rolled back when its number is below this."""
    max_increase: Percentage | None = None
    """The canary is rolled back when it exceeds the baseline by more than this, for example "50%"."""
    max_decrease: Share | None = None
    """The canary is rolled back when it falls short of the baseline by more than this, for example "10%": for what one
    wants more of."""
    failure_limit: Annotated[int, Field(ge=1, le=100)] = 3
    """So many looks in a row must be outside max and min before the number is believed."""
    critical: bool | None = None
    """Whether it can roll a canary back; by default only a comparison of memory can't, because young pods have
    another size than old ones. One that is not critical holds the run when its bound is broken."""
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    """How much of the evidence comes from this metric, beside the weights of the other critical ones."""
    ignore_below: Share = Fraction(1, 1000)
    """A rate of errors below this is never worth a rollback by comparison, however clean the baseline is."""
    baseline_limit: Share = Fraction(1, 5)
    """While the baseline itself fails more than this, the stage holds: nobody can be judged beside it."""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.preset or self.name or ""

    @property
    def is_critical(self) -> bool:
        return (
            not (self.preset == "memory" and self.max_increase is not None) if self.critical is None else self.critical
        )

    @property
    def rate_limit(self) -> Fraction | None:
        """`max` of a rate."""
        return self.max if isinstance(self.max, Fraction) else None

    @property
    def latency_limit(self) -> timedelta | None:
        """`max` of a latency."""
        return self.max if isinstance(self.max, timedelta) else None

    @property
    def only_compares(self) -> bool:
        """Without a baseline it says nothing."""
        return self.max is None and self.min is None

    @property
    def limit_kind(self) -> type[AnyLimit]:
        """What `max` and `min` are."""
        if self.is_latency:
            return timedelta
        if self.preset == "memory":
            return Memory
        return Decimal if self.is_number else Fraction

    @property
    def is_errors(self) -> bool:
        """The share of requests that failed; a rollout has one such metric at most."""
        return self.preset in {ERROR_RATE, REQUESTS}

    @property
    def counter(self) -> RequestCounter | None:
        """None where Istio counts the requests."""
        return (self.requests or RequestCounter()) if self.preset == REQUESTS else None

    @property
    def is_latency(self) -> bool:
        return self.preset in SLOWEST

    @property
    def is_scalar(self) -> bool:
        return self.prom_ql is not None and self.kind == "Scalar"

    @property
    def is_gauge(self) -> bool:
        """One number for each pod."""
        return self.preset in OF_PODS if self.prom_ql is None else self.kind == "Gauge"

    @property
    def is_restarts(self) -> bool:
        return self.preset == RESTARTS

    @property
    def is_about_pods(self) -> bool:
        """Without a workload nobody knows which they are."""
        return self.preset in {*OF_PODS, RESTARTS, REQUESTS}

    @property
    def is_counted_by_istio(self) -> bool:
        """A preset for which Istio counts HTTP requests."""
        return self.preset == "cpu" or (self.preset or "").startswith("istio-")

    @property
    def sees_copies(self) -> bool:
        """It is about the requests that pods answer, mirrored ones too: the errors, or how long they take."""
        return self.is_errors or self.is_latency

    @property
    def is_number(self) -> bool:
        """Its limits are plain numbers."""
        return self.is_scalar or self.is_gauge or self.is_restarts

    @property
    def is_asked_apart(self) -> bool:
        """A query for this rollout alone."""
        return self.prom_ql is not None or self.preset in OF_PODS

    @property
    def queries(self) -> tuple[str, ...]:
        """Those of its own."""
        return tuple(query for query in (self.prom_ql, self.out_of) if query is not None)
