"""The verdict in one sentence: what was counted, what is allowed, how strong the evidence is."""

from collections.abc import Callable

from canary_operator.api.evidence import Arms, Evidence, Tally, WarmUp
from canary_operator.core.evidence.bounds import BOUND, judged_canary
from canary_operator.core.evidence.burning import last_minute
from canary_operator.core.evidence.detectable import detectable
from canary_operator.core.evidence.dispersion import LARGEST
from canary_operator.core.evidence.gauge_words import harm_in_pods, of_pods
from canary_operator.core.evidence.interval import Interval, advance, interval, inverse
from canary_operator.core.evidence.phrases import both, counted, percent, strength, times
from canary_operator.core.evidence.range_words import numbers
from canary_operator.core.evidence.ratio import known
from canary_operator.core.evidence.sums import rate
from canary_operator.core.evidence.terms import Terms
from canary_operator.core.evidence.together import Metric, Seen, Together
from canary_operator.core.evidence.warmup import BLATANT, BLATANT_BOUND, SMALLEST_MARGIN

_MUCH = 10.0
"""So many times as often is much more, whatever is compared."""
_UNKNOWN = "{name} can't be judged, because the baseline's durations before the run say too little"


def of_run(evidence: Evidence, seen: Together, *, harm: bool, burning: bool) -> str:
    """After the warm-up.

    "The canary fails too often: 12 of 240 requests of the canary failed (5%) and 9 of 4560 requests of the baseline
    failed (0.197%), 9.3 to 75 times as often (95%); allowed is 1.5 times the baseline's rate; evidence 340, a breach
    from 111."
    """
    if harm and (broken := seen.broken) is not None:
        return harm_in_pods(broken.judged, broken.gauge)
    worst = seen.loudest.loudest if harm and seen.loudest else None
    if worst is not None:
        return f"{worst.track.words.harm}: {_facts(worst)}; {strength(seen.e_value, BOUND)}."
    lead = _lead(evidence, burning=burning, otherwise="No harm found so far")
    said = "; ".join(_so_far(one, seen, evidence, first=place == 0) for place, one in enumerate(seen.metrics))
    return f"{lead}: {said}; {strength(seen.e_value, BOUND)}." if said else f"{lead}."


def of_copies(told: Callable[[], str]) -> str:
    """Whatever is found, no user has met it."""
    return f"Mirrored, so nobody sees what the canary answers. {told()}"


def of_one(metric: Metric) -> str:
    """One metric over its bound, which by itself does not roll back."""
    if metric.gauge is not None:
        return f"{metric.judged.name} is not critical, so the run holds. {harm_in_pods(metric.judged, metric.gauge)}"
    worst = metric.loudest
    facts = "" if worst is None else f"{worst.track.words.harm}: {_facts(worst)}"
    return f"{metric.judged.name} is not critical, so the run holds. {facts}; {strength(metric.e_value, BOUND)}."


def of_metric(metric: Metric, needed: float) -> str:
    """One metric among others, without a verdict; `needed` is the evidence at which it rolls back by itself."""
    if metric.gauge is not None:
        return f"{of_pods(metric.judged, metric.gauge)}."
    worst = metric.loudest
    if worst is None:
        return f"{_UNKNOWN.format(name=metric.judged.name)}."
    return f"{metric.judged.name}: {_facts(worst)}; {strength(metric.e_value, needed)}."


def of_warmup(evidence: Evidence, terms: Terms, value: float, *, harm: bool, burning: bool) -> str:
    """During the warm-up, in which little is forbidden."""
    warmup = evidence.warmup or WarmUp()
    span = f"{min(warmup.seconds, terms.warmup.total_seconds()):.0f} of {terms.warmup.total_seconds():.0f} s"
    otherwise = f"The canary warms up ({span}), only blatant harm counts"
    if terms.dark:
        otherwise = "Only canary matches reach the canary, and they are no random sample, so only blatant harm counts"
    lead = "The canary fails blatantly" if harm else _lead(evidence, burning=burning, otherwise=otherwise)
    most = max(terms.errors.times, SMALLEST_MARGIN)
    allowed = f"{percent(BLATANT)} or {most:g} times the baseline's rate"
    return f"{lead}: {both(warmup.counts)}; allowed is {allowed}{_company(evidence)}; {strength(value, BLATANT_BOUND)}."


def _lead(evidence: Evidence, *, burning: bool, otherwise: str) -> str:
    if not burning:
        return otherwise
    last = last_minute(evidence.bins)
    seen = f"{last.bad:.0f} of {last.requests:.0f} requests in the last minute"
    return f"The baseline itself fails ({seen}), so nobody can be judged beside it"


def _so_far(metric: Metric, seen: Together, evidence: Evidence, *, first: bool) -> str:
    """The first metric in full; the others are named, with what was counted."""
    if metric.gauge is not None:
        return of_pods(metric.judged, metric.gauge)
    if metric.judged.range is not None:
        streak = next((one for one in evidence.streaks if one.key == metric.judged.name), None)
        seen_of = numbers(streak, metric.judged.range.unit) if streak is not None else ""
        return f"{metric.judged.name}: {seen_of or 'no number yet'}"
    worst = metric.loudest
    if worst is None:
        return _UNKNOWN.format(name=metric.judged.name)
    counts = judged_counts(worst)
    if first:
        return _facts(worst, _findable(worst, seen.needed(metric)))
    return f"{metric.judged.name}: {both(counts, worst.track.words)}{_as_often(worst)}"


def _facts(seen: Seen, found: str = "") -> str:
    """What was counted, and what is allowed."""
    counts, allowed = _run_facts(seen)
    return f"{counts}; allowed is {allowed}{found}{_company(seen.tally)}"


def _run_facts(seen: Seen) -> tuple[str, str]:
    tally, bounds, words = seen.tally, seen.track.bounds, seen.track.words
    alone = tally.alone
    if alone is not None and tally.uncompared.requests:
        before = f"before that {both(tally.compared, words)}"
        now = counted(tally.uncompared, "canary", words)
        return f"at 100%, without a baseline, {now}, {before}", f"now {percent(alone.ceiling)}"
    allowed = []
    if bounds.limit is not None:
        allowed.append(f"at most {percent(bounds.limit)}")
    if bounds.margin is not None:
        least = f"at least {1 / bounds.margin:.3g}" if seen.track.exchanged else f"{bounds.margin:.3g}"
        allowed.append(f"{least} times the baseline's rate{words.why}")
    return f"{both(judged_counts(seen), words)}{_as_often(seen)}", " and ".join(allowed)


def judged_counts(seen: Seen) -> Arms:
    """By arm, also where they changed places to be judged."""
    arms = Arms(canary=judged_canary(seen.tally), baseline=seen.tally.compared.baseline)
    return Arms(canary=arms.baseline, baseline=arms.canary) if seen.track.exchanged else arms


def _as_often(seen: Seen) -> str:
    """How many times as often the canary's are bad; where harm came late, the whole run says too little of it."""
    tally, allowed = seen.tally, seen.track.bounds.times
    whole = known(tally.ratio, tally.phi)
    if seen.track.exchanged:
        return _told(inverse(whole))
    said = _told(whole)
    if whole.lower <= allowed and rate(tally.lately.canary) > allowed * rate(tally.lately.baseline):
        lately = interval(advance((), tally.lately, tally.phi))
        said += f", {times(lately)} as often of late" if lately.lower > allowed else ""
    return said


def _told(ratio: Interval) -> str:
    """Nothing where it says nothing: neither that there is more, nor that there is not much more."""
    return f", {times(ratio)} as often (95%)" if ratio.lower > 1 or ratio.upper < _MUCH else ""


def _company(tally: Tally) -> str:
    """Why the same counts are weaker evidence here than elsewhere."""
    if tally.phi <= 1:
        return ""
    most = " (the most that is believed)" if tally.phi >= LARGEST else ""
    return f"; before the run errors came in groups, so {tally.phi:.2g}{most} count as one"


def _findable(seen: Seen, needed: float) -> str:
    """What silence is worth: how bad the canary would have to be for so many requests to show it.

    Where the evidence speaks already there is no silence.
    """
    tally = seen.tally
    spoken = seen.e_value > 1 or seen.track.exchanged
    if spoken or not tally.compared.canary.requests or tally.uncompared.requests:
        return ""
    smallest = detectable(tally.compared, seen.track.bounds, tally.phi, needed)
    if smallest is None:
        return "; too few requests yet to find even a canary that fails everything"
    return f"; a rate of {percent(smallest)} would have been found by now, 4 times out of 5"
