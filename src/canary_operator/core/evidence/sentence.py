"""The verdict in one sentence: what was counted, what is allowed, how strong the evidence is."""

from math import inf

from canary_operator.api.evidence import Arms, Counts, Evidence, WarmUp
from canary_operator.api.rollout import Metric
from canary_operator.core.evidence.bounds import BOUND, Weighed, judged_canary
from canary_operator.core.evidence.burning import last_minute
from canary_operator.core.evidence.detectable import detectable
from canary_operator.core.evidence.dispersion import LARGEST
from canary_operator.core.evidence.interval import NOTHING_KNOWN, Interval, advance, interval
from canary_operator.core.evidence.ratio import known
from canary_operator.core.evidence.sums import rate
from canary_operator.core.evidence.terms import Terms, margin
from canary_operator.core.evidence.warmup import BLATANT, BLATANT_BOUND, SMALLEST_MARGIN

_MANY = 1e6
_HUNDRED = 100


def of_run(evidence: Evidence, metric: Metric, weighed: Weighed, *, harm: bool, burning: bool) -> str:
    """After the warm-up.

    "The canary fails too often: 12 of 240 requests of the canary failed (5%) and 9 of 4560 requests of the baseline
    failed (0.197%), 9.3 to 75 times as often (95%); allowed is 1.5 times the baseline's rate; evidence 340, a breach
    from 111."
    """
    lead = "The canary fails too often" if harm else _lead(evidence, burning=burning, otherwise="No harm found so far")
    seen, allowed = _run_facts(evidence, metric, weighed)
    found = "" if harm else _findable(evidence, metric)
    return f"{lead}: {seen}; allowed is {allowed}{found}{_company(evidence)}; {_strength(weighed.e_value, BOUND)}."


def of_warmup(evidence: Evidence, terms: Terms, value: float, *, harm: bool, burning: bool) -> str:
    """During the warm-up, in which little is forbidden."""
    warmup = evidence.warmup or WarmUp()
    span = f"{min(warmup.seconds, terms.warmup.total_seconds()):.0f} of {terms.warmup.total_seconds():.0f} s"
    otherwise = f"The canary warms up ({span}), only blatant harm counts"
    lead = "The canary fails blatantly" if harm else _lead(evidence, burning=burning, otherwise=otherwise)
    times = max(margin(terms.metric), SMALLEST_MARGIN)
    allowed = f"{_percent(BLATANT)} or {times:g} times the baseline's rate"
    return (
        f"{lead}: {_both(warmup.counts)}; allowed is {allowed}{_company(evidence)}; {_strength(value, BLATANT_BOUND)}."
    )


def _lead(evidence: Evidence, *, burning: bool, otherwise: str) -> str:
    if not burning:
        return otherwise
    last = last_minute(evidence.bins)
    seen = f"{last.bad:.0f} of {last.requests:.0f} requests in the last minute"
    return f"The baseline itself fails ({seen}), so nobody can be judged beside it"


def _run_facts(evidence: Evidence, metric: Metric, weighed: Weighed) -> tuple[str, str]:
    """What was counted, and what is allowed."""
    alone = evidence.alone
    if alone is not None and evidence.uncompared.requests:
        before = f"before that {_both(evidence.compared)}"
        now = _counted(evidence.uncompared, "of the canary")
        return f"at 100%, without a baseline, {now}, {before}", f"now {_percent(alone.ceiling)}"
    allowed = []
    if weighed.by_limit is not None and metric.max is not None:
        allowed.append(f"at most {_percent(float(metric.max))}")
    if weighed.by_comparison is not None:
        allowed.append(f"{margin(metric):g} times the baseline's rate")
    counts = Arms(canary=judged_canary(evidence), baseline=evidence.compared.baseline)
    return f"{_both(counts)}{_as_often(evidence, metric)}", " and ".join(allowed)


def _as_often(evidence: Evidence, metric: Metric) -> str:
    """How many times as often the canary fails; where harm came late, the whole run says too little of it."""
    whole, lately = known(evidence.ratio, evidence.phi), interval(advance((), evidence.lately, evidence.phi))
    said = f", {_times(whole)} as often (95%)" if whole != NOTHING_KNOWN else ""
    if lately.lower > max(whole.lower, margin(metric)) and whole.lower <= margin(metric):
        said += f", {_times(lately)} as often of late"
    return said


def _company(evidence: Evidence) -> str:
    """Why the same counts are weaker evidence here than elsewhere."""
    if evidence.phi <= 1:
        return ""
    most = " (the most that is believed)" if evidence.phi >= LARGEST else ""
    return f"; before the run errors came in groups, so {evidence.phi:.2g}{most} count as one"


def _findable(evidence: Evidence, metric: Metric) -> str:
    """What silence is worth: how bad the canary would have to be for so many requests to show it."""
    if not evidence.compared.canary.requests or evidence.uncompared.requests:
        return ""
    smallest = detectable(evidence.compared, metric, evidence.phi)
    if smallest is None:
        return "; too few requests yet to find even a canary that fails everything"
    return f"; a rate of {_percent(smallest)} would have been found by now, 4 times out of 5"


def _times(ratio: Interval) -> str:
    if ratio.lower == 0:
        return f"at most {_number(ratio.upper)} times"
    if ratio.upper == inf:
        return f"at least {_number(ratio.lower)} times"
    return f"{_number(ratio.lower)} to {_number(ratio.upper)} times"


def _number(ratio: float) -> str:
    """Two digits are as many as such a bound is worth; nobody reads 1.3e+03."""
    return f"{ratio:.2g}" if ratio < _HUNDRED else f"{ratio:.0f}"


def _both(counts: Arms) -> str:
    return f"{_counted(counts.canary, 'of the canary')} and {_counted(counts.baseline, 'of the baseline')}"


def _counted(counts: Counts, whose: str) -> str:
    """`12 of 240 requests of the canary failed (5%)`."""
    if not counts.requests:
        return f"no request {whose}"
    return f"{counts.bad:.0f} of {counts.requests:.0f} requests {whose} failed ({_percent(rate(counts))})"


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def _strength(value: float, bound: float) -> str:
    """People read 1400 and a million; nobody reads 1.4e+03, or how far below 1 a harmless value lies."""
    if value < 1:
        said = "below 1"
    elif value < _MANY:
        said = f"{value:.3g}" if value < bound else f"{value:.0f}"
    else:
        said = "over a million"
    return f"evidence {said}, a breach from {bound:.0f}"
