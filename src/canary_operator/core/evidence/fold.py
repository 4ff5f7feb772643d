"""Count one reading in: what is clean becomes a stratum, and a stratum goes to the warm-up or to the run."""

from dataclasses import replace
from datetime import datetime

from canary_operator.api.evidence import Arms, Evidence, Split, Tally
from canary_operator.core.evidence.burning import remember
from canary_operator.core.evidence.copied import comparable
from canary_operator.core.evidence.gauges import follow_pods, restarted_gauge
from canary_operator.core.evidence.run import bets_on, judge_stratum
from canary_operator.core.evidence.sample import Sample
from canary_operator.core.evidence.share import splits_together
from canary_operator.core.evidence.streaks import follow
from canary_operator.core.evidence.tallies import restarted, take
from canary_operator.core.evidence.terms import Terms, Track
from canary_operator.core.evidence.warmup import warm_up


def begin() -> Evidence:
    """Nothing was seen yet."""
    return Evidence()


def new_stage(evidence: Evidence, *, after_dark: bool = False) -> Evidence:
    """The stage's counts start again at 0; everything that was learned about the canary goes on.

    What was seen in a dark launch was no warm-up: it had few requests, and they were chosen.
    """
    more = tuple(restarted(tally) for tally in evidence.more)
    gauges = tuple(restarted_gauge(gauge) for gauge in evidence.gauges)
    begun: dict[str, object] = {"stage_canary": 0.0, "stage_baseline": 0.0, "split": Split()}
    begun |= {"more": more, "gauges": gauges}
    if after_dark and not evidence.warm:
        begun["warmup"] = None
    return restarted(evidence).changed(begun)


def counted_by_others(evidence: Evidence) -> Evidence:
    """Who counts from now on has counters of their own: the first that are seen are references.

    What was learned goes on. A stratum is held against its own baseline only, whoever counted both.
    """
    more = tuple(tally.changed({"sources": ()}) for tally in evidence.more)
    return evidence.changed({"sources": (), "more": more})


def fold(
    evidence: Evidence, sample: Sample, terms: Terms, *, clean_from: datetime | None, has_baseline: bool = True
) -> Evidence:
    """Count a sample in; a sample that comes too soon changes nothing and waits for its successor.

    `clean_from` is the last weight change and the settle time after it. None means that the canary has no weight:
    counters are carried forward and nothing is judged. Without a baseline (at 100 %) comparisons rest.
    """
    settled = clean_from if evidence.warm else None
    more = _beside(evidence, sample, terms, settled, has_baseline=has_baseline)
    streaks = follow(evidence.streaks, sample, terms, settled)
    gauges = follow_pods(evidence.gauges, sample.pods, terms, settled, has_baseline=has_baseline)
    taken = take(evidence, sample, terms, clean_from)
    beside = {"more": more, "streaks": streaks, "gauges": gauges}
    if taken is None:
        known = (evidence.more, evidence.streaks, evidence.gauges)
        return evidence if (more, streaks, gauges) == known else evidence.changed(beside)
    read_on, happened = taken
    seen = happened.seen if clean_from is not None else Arms()
    changes = {
        **read_on,
        **beside,
        "warm": evidence.warm or (not terms.warmup and not terms.dark),
        "stage_canary": evidence.stage_canary + seen.canary.requests,
        "stage_baseline": evidence.stage_baseline + seen.baseline.requests,
        "split": splits_together(evidence.split, happened.split),
    }
    if happened.seconds <= 0:
        return evidence.changed(changes)
    at, baseline = read_on["at"].timestamp(), happened.clean.baseline
    judged = comparable(happened.clean, terms.mirror)
    changes["bins"] = remember(evidence.bins, baseline, at) if has_baseline else ()
    if changes["warm"]:
        changes["warmup"] = None
        bounds, planned = terms.errors, read_on["planned"]
        changes |= bets_on(evidence, judged, bounds, planned, has_baseline=has_baseline)
        return evidence.changed(changes)
    warming = evidence.changed(changes)
    return warm_up(warming, judged, happened.seconds, terms, has_baseline=has_baseline)


def _beside(
    evidence: Evidence, sample: Sample, terms: Terms, clean_from: datetime | None, *, has_baseline: bool
) -> tuple[Tally, ...]:
    """A cold start is slow, so nothing but failures is judged in the warm-up. A tally begins with its first sample.

    Exchanged, nothing is left to judge when the baseline is gone.
    """
    tracks = terms.beside()
    if not tracks:
        return ()
    known = {tally.key: tally for tally in evidence.more}
    tallies = []
    for track in tracks:
        tally, seen = known.get(track.key), sample.beside.get(track.reads)
        if seen is not None:
            tally = tally or Tally(key=track.key, phi=max(track.phi, seen.phi))
            if (taken := take(tally, _by_role(seen, track), terms, clean_from)) is not None:
                read_on, happened = taken
                tally = tally.changed(dict(read_on))
                if happened.seconds > 0 and (has_baseline or not track.exchanged):
                    judged = comparable(happened.clean, terms.mirror)
                    tally = judge_stratum(tally, judged, track.bounds, has_baseline=has_baseline)
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
