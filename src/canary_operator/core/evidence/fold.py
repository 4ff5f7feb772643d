"""Count one reading in: what is clean becomes a stratum, and a stratum goes to the warm-up or to the run."""

from dataclasses import replace
from datetime import datetime

from canary_operator.api.evidence import Arms, Evidence, Tally
from canary_operator.core.evidence.burning import remember
from canary_operator.core.evidence.run import judge_stratum
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.evidence.sources import Step
from canary_operator.core.evidence.streaks import follow
from canary_operator.core.evidence.tallies import restarted, take
from canary_operator.core.evidence.terms import Terms, Track
from canary_operator.core.evidence.warmup import warm_up


def begin() -> Evidence:
    """Nothing was seen yet."""
    return Evidence()


def new_stage(evidence: Evidence) -> Evidence:
    """The stage's counts start again at 0; everything that was learned about the canary goes on."""
    more = tuple(restarted(tally) for tally in evidence.more)
    return restarted(evidence).model_copy(update={"stage_canary": 0.0, "stage_baseline": 0.0, "more": more})


def fold(
    evidence: Evidence, sample: Sample, terms: Terms, *, clean_from: datetime | None, has_baseline: bool = True
) -> Evidence:
    """Count a sample in; a sample that comes too soon changes nothing and waits for its successor.

    `clean_from` is the last weight change and the settle time after it. None means that the canary has no weight:
    counters are carried forward and nothing is judged. Without a baseline (at 100 %) comparisons rest.
    """
    settled = clean_from if evidence.warm else None
    more = _beside(evidence, sample, terms, settled, has_baseline=has_baseline)
    streaks = follow(evidence.streaks, sample.numbers, terms, settled)
    taken = take(evidence, sample, terms, clean_from)
    beside = {"more": more, "streaks": streaks}
    if taken is None:
        return evidence if (more, streaks) == (evidence.more, evidence.streaks) else evidence.model_copy(update=beside)
    carried, happened = taken
    seen = happened.seen if clean_from is not None else Arms()
    carried = carried.model_copy(update={**beside, **_seen(evidence, seen, terms)})
    return _judge(carried, happened, terms, has_baseline=has_baseline) if happened.seconds > 0 else carried


def _seen(evidence: Evidence, seen: Arms, terms: Terms) -> dict[str, object]:
    return {
        "warm": evidence.warm or not terms.warmup,
        "stage_canary": evidence.stage_canary + seen.canary.requests,
        "stage_baseline": evidence.stage_baseline + seen.baseline.requests,
    }


def _judge(evidence: Evidence, happened: Step, terms: Terms, *, has_baseline: bool) -> Evidence:
    stratum, changes = happened.clean, {}
    if evidence.warm:
        judged = judge_stratum(evidence, stratum, terms.errors, has_baseline=has_baseline)
        changes = {"warmup": None}
    else:
        judged = warm_up(evidence, stratum, happened.seconds, terms, has_baseline=has_baseline)
    at = 0.0 if evidence.at is None else evidence.at.timestamp()
    bins = remember(evidence.bins, stratum.baseline, at) if has_baseline else ()
    return judged.model_copy(update={**changes, "bins": bins})


def _beside(
    evidence: Evidence, sample: Sample, terms: Terms, clean_from: datetime | None, *, has_baseline: bool
) -> tuple[Tally, ...]:
    """A cold start is slow, so nothing but failures is judged in the warm-up. A tally begins with its first sample."""
    known = {tally.key: tally for tally in evidence.more}
    tallies = []
    for track in terms.beside():
        tally, seen = known.get(track.key), sample.beside.get(track.reads)
        if seen is not None:
            tally = tally or Tally(key=track.key, phi=max(track.phi, seen.phi))
            if (taken := take(tally, _by_role(seen, track), terms, clean_from)) is not None:
                tally = _bet(*taken, track, has_baseline=has_baseline)
        if tally is not None:
            tallies.append(tally)
    return tuple(tallies)


def _by_role(sample: Sample, track: Track) -> Sample:
    """Where more is better, the baseline is the one that may count more than allowed."""
    if not track.exchanged:
        return sample
    return Sample(
        {name: replace(one, canary=one.baseline, baseline=one.canary) for name, one in sample.sources.items()}
    )


def _bet(tally: Tally, happened: Step, track: Track, *, has_baseline: bool) -> Tally:
    """Exchanged, nothing is left to judge when the baseline is gone."""
    if happened.seconds <= 0 or (track.exchanged and not has_baseline):
        return tally
    return judge_stratum(tally, happened.clean, track.bounds, has_baseline=has_baseline)
