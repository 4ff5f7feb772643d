"""What holding numbers to limits gave, in words."""

from canary_operator.api.evidence import Streak
from canary_operator.core.evidence.terms import Judged, Range


def harm_in_numbers(streak: Streak, wanted: Range) -> str:
    """A number that was outside its limits for long enough."""
    allowed, looks = _allowed(wanted), "1 look" if streak.outside == 1 else f"{streak.outside} looks in a row"
    return f"{streak.key} is outside its limits: {numbers(streak, wanted.unit)}; allowed is {allowed}; {looks}."


def of_numbers(judged: Judged, streak: Streak | None) -> str:
    """No harm so far, or no number yet.

    "memory: 480Mi in the canary and 470Mi in the baseline; allowed is at most 800Mi; 1 of 3 looks in a row outside"
    """
    if judged.range is None:
        return f"{judged.name}: no number is asked for"
    seen = "" if streak is None else numbers(streak, judged.range.unit)
    outside = 0 if streak is None else streak.outside
    looks = f"{outside} of {judged.range.failures} looks in a row outside"
    return f"{judged.name}: {seen or 'no number yet'}; allowed is {_allowed(judged.range)}; {looks}"


def numbers(streak: Streak, unit: str) -> str:
    """`480Mi in the canary and 470Mi in the baseline`; empty where there is none."""
    arms = (("canary", streak.canary), ("baseline", streak.baseline))
    return " and ".join(f"{number:.4g}{unit} in the {arm}" for arm, number in arms if number is not None)


def _allowed(wanted: Range) -> str:
    limits = (("at least", wanted.lowest), ("at most", wanted.highest))
    return " and ".join(f"{word} {limit:g}{wanted.unit}" for word, limit in limits if limit is not None)
