from dataclasses import dataclass
from datetime import timedelta

from canary_operator.api.rollout import Metric


@dataclass(frozen=True, slots=True)
class Terms:
    """What is pinned for the run and what every look is judged by."""

    metric: Metric
    """The bounds."""
    look: timedelta
    """Time between two looks: a whole number of scrapes."""
    warmup: timedelta
    """Clean time with traffic in which only blatant harm counts."""
    planned: timedelta
    """The stages' durations together; it gives the number of planned looks."""


def margin(metric: Metric) -> float:
    """How many times the baseline's rate is allowed; 1 where no comparison is asked for."""
    return 1.0 + float(metric.max_increase or 0)
