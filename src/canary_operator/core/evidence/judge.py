"""The door of this package: fold looks into evidence, then judge it."""

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from functools import partial

from canary_operator.api.evidence import Evidence, WarmUp
from canary_operator.api.model import value_type
from canary_operator.core.evidence import sentence
from canary_operator.core.evidence.bounds import BOUND, FEWEST_ERRORS
from canary_operator.core.evidence.burning import burns
from canary_operator.core.evidence.fold import begin, counted_by_others, fold, new_stage
from canary_operator.core.evidence.newest import is_worse_than_allowed
from canary_operator.core.evidence.range_words import harm_in_numbers
from canary_operator.core.evidence.schedule import planned_looks
from canary_operator.core.evidence.streaks import Broken, broken
from canary_operator.core.evidence.terms import Terms
from canary_operator.core.evidence.together import Together, together
from canary_operator.core.evidence.warmup import BLATANT_BOUND, blatant

__all__ = ["Judgement", "Terms", "begin", "counted_by_others", "fold", "judge", "new_stage"]


@value_type
class Judgement:
    """What the evidence says now."""

    harm: bool
    """A breach: roll back."""
    burning: bool
    """The baseline itself fails too much: hold."""
    e_value: float
    """The evidence against the canary; 1 says nothing."""
    bound: float
    """From here on it is harm."""
    told: Callable[[], str] = field(repr=False, compare=False)
    """Finds the words."""
    suspect: bool = False
    """The newest look by itself was worse than allowed: not enough for a breach, but no moment to go on."""
    warning: str = ""
    """The sentence of a metric that breaks its bound and is not critical: hold."""

    @property
    def sentence(self) -> str:
        """All of this in words, with counts: they take longer to find than the verdict, and not every look tells it."""
        return self.told()


def judge(evidence: Evidence, terms: Terms) -> Judgement:
    """The verdict on everything folded so far."""
    found = _judge(evidence, terms)
    return found if terms.mirror is None else replace(found, told=partial(sentence.of_copies, found.told))


def _judge(evidence: Evidence, terms: Terms) -> Judgement:
    burning = burns(evidence.bins, terms.baseline_limit)
    if not evidence.warm or evidence.warmup is not None:
        return _judge_warmup(evidence, terms, burning=burning)
    seen = together(evidence, terms)
    outside = broken(evidence.streaks, terms)
    worst = next((one for one in outside if one.critical), None)
    harm = seen.e_value >= BOUND or seen.broken is not None or worst is not None
    told = (
        partial(sentence.of_run, evidence, seen, harm=harm, burning=burning)
        if worst is None
        else partial(harm_in_numbers, worst.streak, worst.range)
    )
    suspect = is_worse_than_allowed(evidence, terms.errors)
    return Judgement(harm, burning, seen.e_value, BOUND, told, suspect, _warning(seen, outside))


def _warning(seen: Together, outside: Sequence[Broken]) -> str:
    for number in outside:
        if not number.critical:
            said = harm_in_numbers(number.streak, number.range)
            return f"{number.streak.key} is not critical, so the run holds. {said}"
    for metric in seen.metrics:
        if not metric.judged.critical and metric.e_value >= BOUND:
            return sentence.of_one(metric)
    return ""


def _judge_warmup(evidence: Evidence, terms: Terms, *, burning: bool) -> Judgement:
    warmup = evidence.warmup or WarmUp()
    value = blatant(warmup, planned_looks(terms.warmup, terms.look))
    harm = value >= BLATANT_BOUND and warmup.counts.canary.bad >= FEWEST_ERRORS
    told = partial(sentence.of_warmup, evidence, terms, value, harm=harm, burning=burning)
    return Judgement(harm, burning, value, BLATANT_BOUND, told)
