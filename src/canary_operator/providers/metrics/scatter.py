"""How the baseline's errors scattered in the half hour before: in time, and between its pods."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from canary_operator.api.status import PodSpread
from canary_operator.core.evidence.dispersion import dispersion
from canary_operator.core.evidence.spread import Pods, company_of_pods, spread_of_pods
from canary_operator.errors import Unavailable
from canary_operator.providers.metrics.counting import Counting
from canary_operator.providers.metrics.history import Arm, by_pod, history
from canary_operator.providers.metrics.queries import Service
from canary_operator.providers.metrics.subject import Subject
from canary_operator.providers.metrics.tables import Row


@dataclass(frozen=True, slots=True)
class Scatter:
    phi: float
    """How much wider than independent requests errors scattered."""
    pods: PodSpread | None
    """How much pods differ; None where none of them reports by itself."""


def scatter_of(
    ask: Callable[[str], Sequence[Row]], subjects: Collection[Subject], counting: Counting
) -> Callable[[Arm], Scatter]:
    """Asks for all of them at once; blocks; `Unavailable`."""
    before, pods = history(ask(counting.history(subjects))), _pods(ask, subjects, counting)

    def of(arm: Arm) -> Scatter:
        here = pods.get(arm[0], {})
        phi = max(dispersion(before.get(arm, ())), company_of_pods(here))
        return Scatter(phi, _spread(here, phi) if here else None)

    return of


def _pods(
    ask: Callable[[str], Sequence[Row]], subjects: Collection[Subject], counting: Counting
) -> Mapping[Service, Pods]:
    """Nothing where their own reports can't be had: many scrape the callers alone, and a run goes on without."""
    question = counting.pods_history(subjects)
    try:
        return by_pod(ask(question)) if question else {}
    except Unavailable:
        return {}


def _spread(pods: Pods, phi: float) -> PodSpread:
    return PodSpread(pods=len(pods), tau=round(spread_of_pods(pods, phi), 4))
