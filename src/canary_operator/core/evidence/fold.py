"""Count one sample in: what is clean becomes a stratum, and a stratum goes to the warm-up or to the run."""

from datetime import datetime, timedelta

from canary_operator.api.evidence import Arms, Evidence
from canary_operator.core.evidence.burning import remember
from canary_operator.core.evidence.differences import readable
from canary_operator.core.evidence.ratio import settled
from canary_operator.core.evidence.run import judge_stratum
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.evidence.schedule import planned_looks
from canary_operator.core.evidence.sources import Step, step
from canary_operator.core.evidence.terms import Terms
from canary_operator.core.evidence.warmup import warm_up

_EARLY = 0.9
"""A sample may come this much of a look after the last one, for scrapes are not exactly on time."""


def begin() -> Evidence:
    """Nothing was seen yet."""
    return Evidence()


def new_stage(evidence: Evidence) -> Evidence:
    """The stage's counts start again at 0; everything that was learned about the canary goes on."""
    counts = {"stage": Arms(), "newest": Arms(), "stage_canary": 0.0, "stage_baseline": 0.0}
    ratio = settled(evidence.ratio, evidence.phi)
    return evidence.model_copy(update={**counts, "ratio": ratio, "suspicion": 0.0, "lately": Arms()})


def fold(
    evidence: Evidence, sample: Sample, terms: Terms, *, clean_from: datetime | None, has_baseline: bool = True
) -> Evidence:
    """Count a sample in; a sample that comes too soon changes nothing and waits for its successor.

    `clean_from` is the last weight change and the settle time after it. None means that the canary has no weight:
    counters are carried forward and nothing is judged. Without a baseline (at 100 %) comparisons rest.
    """
    readings = {name: seen for name, seen in sample.sources.items() if readable(seen)}
    at = max((seen.at for seen in readings.values()), default=None)
    if at is None or _too_soon(evidence.at, at, terms.look):
        return evidence
    happened = step(evidence.sources, readings, None if clean_from is None else clean_from.timestamp())
    carried = _carry(evidence, happened, at, terms, weighted=clean_from is not None)
    return _judge(carried, happened, at, terms, has_baseline=has_baseline) if happened.seconds > 0 else carried


def _too_soon(last: datetime | None, at: datetime, look: timedelta) -> bool:
    return last is not None and at - last < look * _EARLY


def _carry(evidence: Evidence, happened: Step, at: datetime, terms: Terms, *, weighted: bool) -> Evidence:
    seen = happened.seen if weighted else Arms()
    return evidence.model_copy(
        update={
            "at": at,
            "planned": evidence.planned or planned_looks(terms.planned, terms.look),
            "warm": evidence.warm or not terms.warmup,
            "stage_canary": evidence.stage_canary + seen.canary.requests,
            "stage_baseline": evidence.stage_baseline + seen.baseline.requests,
            "sources": happened.sources,
        }
    )


def _judge(evidence: Evidence, happened: Step, at: datetime, terms: Terms, *, has_baseline: bool) -> Evidence:
    stratum = happened.clean
    judged = (
        judge_stratum(evidence, stratum, terms.metric, has_baseline=has_baseline)
        if evidence.warm
        else warm_up(evidence, stratum, happened.seconds, terms, has_baseline=has_baseline)
    )
    bins = remember(evidence.bins, stratum.baseline, at.timestamp()) if has_baseline else ()
    return judged.model_copy(update={"bins": bins})
