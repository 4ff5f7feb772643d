"""What a user wants judged: one metric and its bounds."""

from datetime import timedelta
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from canary_operator.api.model import Model
from canary_operator.api.quantities import Limit, Percentage, Share

Preset = Literal["istio-error-rate", "istio-latency-p50", "istio-latency-p95", "istio-latency-p99"]

ERROR_RATE = "istio-error-rate"
SLOWEST = {
    "istio-latency-p50": Fraction(1, 2),
    "istio-latency-p95": Fraction(5, 100),
    "istio-latency-p99": Fraction(1, 100),
}
"""The share of requests that each latency leaves above it."""


class Metric(Model):
    preset: Preset
    """What is measured. istio-error-rate: the share of requests answered with a 5xx status, counted by the callers.
    istio-latency-p50, -p95, -p99: the time that all but 50 %, 5 %, 1 % of the requests keep; a failed one keeps none.
    """
    max: Limit | None = None
    """The canary is rolled back when its rate, for example "1%", or its latency, for example "500ms", is above this."""
    max_increase: Percentage | None = None
    """The canary is rolled back when it exceeds the baseline by more than this, for example "50%"."""
    critical: bool = True
    """Whether it can roll a canary back. One that is not critical holds the run when its bound is broken."""
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    """How much of the evidence comes from this metric, beside the weights of the other critical ones."""
    ignore_below: Share = Fraction(1, 1000)
    """A rate of errors below this is never worth a rollback by comparison, however clean the baseline is."""
    baseline_limit: Share = Fraction(1, 5)
    """While the baseline itself fails more than this, the stage holds: nobody can be judged beside it."""

    @property
    def rate_limit(self) -> Fraction | None:
        """`max` of a rate."""
        return self.max if isinstance(self.max, Fraction) else None

    @property
    def latency_limit(self) -> timedelta | None:
        """`max` of a latency."""
        return self.max if isinstance(self.max, timedelta) else None

    @property
    def is_latency(self) -> bool:
        return self.preset in SLOWEST
