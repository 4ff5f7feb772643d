"""What a user wants judged: one metric and its bounds."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from canary_operator.api.model import Model
from canary_operator.api.names import MetricName
from canary_operator.api.quantities import Limit, Percentage, Share

ERROR_RATE = "istio-error-rate"
SLOWEST = {
    "istio-latency-p50": Fraction(1, 2),
    "istio-latency-p95": Fraction(5, 100),
    "istio-latency-p99": Fraction(1, 100),
}
"""The share of requests that each latency leaves above it."""
LONGEST_QUERY = 1000

Preset = Literal["istio-error-rate", "istio-latency-p50", "istio-latency-p95", "istio-latency-p99"]
Query = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUERY)]


class Metric(Model):
    preset: Preset | None = None
    """What is measured. istio-error-rate: the share of requests answered with a 5xx status, counted by the callers.
    istio-latency-p50, -p95, -p99: the time that all but 50 %, 5 %, 1 % of the requests keep; a failed one keeps none.
    """
    name: MetricName | None = None
    """What a metric of your own is called, for example "conversion"; a preset has its own name."""
    prom_ql: Annotated[Query | None, Field(alias="promQL")] = None
    """A query of your own instead of a preset, asked once for each arm. Placeholders: $namespace, $workload, $service,
    $pods (a pattern for `pod=~`), $arm (canary or baseline), $interval (a range for rate); $$ is a dollar sign."""
    out_of: Query | None = None
    """The query of the whole for kind Counter, for example all visits, of which promQL counts those with an order."""
    kind: Literal["Counter", "Scalar"] = "Counter"
    """What promQL answers. Counter: raw counters that only grow, without rate or increase, as a part of outOf. Scalar:
    one number, held to max and min."""
    max: Limit | None = None
    """The canary is rolled back when its rate, for example "1%", its latency, for example "500ms", or its number, for
    example "0.8", is above this."""
    min: Limit | None = None
    """The canary is rolled back when its number is below this."""
    max_increase: Percentage | None = None
    """The canary is rolled back when it exceeds the baseline by more than this, for example "50%"."""
    max_decrease: Share | None = None
    """The canary is rolled back when it falls short of the baseline by more than this, for example "10%": for what one
    wants more of."""
    failure_limit: Annotated[int, Field(ge=1, le=100)] = 3
    """So many looks in a row must be outside max and min before the number is believed."""
    critical: bool = True
    """Whether it can roll a canary back. One that is not critical holds the run when its bound is broken."""
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
    def limit_kind(self) -> type[Fraction | timedelta | Decimal]:
        """What `max` and `min` are."""
        if self.is_latency:
            return timedelta
        return Decimal if self.is_scalar else Fraction

    @property
    def is_errors(self) -> bool:
        return self.preset == ERROR_RATE

    @property
    def is_latency(self) -> bool:
        return self.preset in SLOWEST

    @property
    def is_scalar(self) -> bool:
        return self.prom_ql is not None and self.kind == "Scalar"

    @property
    def queries(self) -> tuple[str, ...]:
        """Those of its own."""
        return tuple(query for query in (self.prom_ql, self.out_of) if query is not None)
