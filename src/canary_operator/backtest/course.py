"""What a run of the spec is judged by, from its first stage to its last; pinned when it begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from canary_operator.api.evidence import Counts
from canary_operator.api.rollout import Spec, Stage
from canary_operator.api.status import Pinned, PodSpread, Status
from canary_operator.backtest.looks import Looks
from canary_operator.backtest.strata import before, beside_of, phi_of
from canary_operator.backtest.wanted import Wanted
from canary_operator.core.capacity import canary_replicas
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.evidence.spread import allowance, company_of_pods, spread_of_pods
from canary_operator.core.evidence.terms import Judged, Terms
from canary_operator.core.metric_terms import boundaries_of
from canary_operator.core.plan import new_run, terms


@dataclass(frozen=True, slots=True)
class Course:
    """At least one stage, each with its own terms; they differ only in the windows in which pods are compared."""

    stages: Sequence[Stage]
    terms: Sequence[Terms]
    phi: float = 1.0
    """How much wider than independent ones errors scattered in the half hour before."""

    @property
    def span(self) -> timedelta:
        return self.terms[0].planned + self.terms[0].warmup

    @property
    def compared(self) -> "Course":
        """Without the stages that have no baseline, unless it has no other."""
        below = sum(stage.weight < 1 for stage in self.stages) or len(self.stages)
        return Course(self.stages[:below], self.terms[:below], self.phi)

    def stage_at(self, since: timedelta) -> int:
        """Its place, so long after the beginning; the first stage is longer by the warm-up, the last one never ends."""
        over = self.terms[0].warmup
        for place, stage in enumerate(self.stages):
            over += stage.duration
            if since < over:
                return place
        return len(self.stages) - 1


def course(looks: Looks, wanted: Wanted, step: timedelta, moment: datetime) -> Course:
    """As it would have been pinned at this moment."""
    boundaries = boundaries_of(wanted.metrics, looks.durations_at(moment))
    recent, minutes = before(looks.samples, moment), looks.pods_before(moment, wanted.arms.stable)
    phi = max(phi_of(recent), company_of_pods(minutes))
    spec = in_the_light(wanted.spec)
    pods = _spread(minutes, phi, spec.stages[0])
    pinned = Pinned(scrape=step, settle=timedelta(0), boundaries=boundaries, pods=pods)
    run = new_run(Status(), spec, "recorded", 1, moment).model_copy(update={"pinned": pinned})
    numbers = range(1, len(run.plan.stages) + 1)
    stages = [terms(run.model_copy(update={"stage": number})) for number in numbers]
    metrics = tuple(_scattered(one, recent) for one in stages[0].metrics)
    return Course(run.plan.stages, [replace(one, metrics=metrics) for one in stages], phi)


def in_the_light(spec: Spec) -> Spec:
    """Without a dark launch or a mirror: a recording tells neither what requests said nor which were copied."""
    stages = tuple(stage for stage in spec.stages if stage.weight > 0)
    whole = (Stage(weight=Fraction(1), duration=timedelta(0)),)
    return spec if stages == spec.stages else spec.model_copy(update={"stages": stages or whole})


def _spread(minutes: Mapping[str, Sequence[Counts]], phi: float, first: Stage) -> PodSpread | None:
    """The fewest pods that a canary would have had beside as many as were seen."""
    if not minutes:
        return None
    tau, pods = spread_of_pods(minutes, phi), len(minutes)
    return PodSpread(pods=pods, tau=tau, margin=allowance(tau, canary_replicas(pods, first.weight), pods))


def _scattered(judged: Judged, recent: Sequence[Sample]) -> Judged:
    """Each other quantity keeps company of its own kind."""
    tracks = tuple(replace(one, phi=phi_of(beside_of(recent, one.reads))) if one.key else one for one in judged.tracks)
    return replace(judged, tracks=tracks)
