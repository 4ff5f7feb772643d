"""Requests that get the new revision by what they say, beside those that do by the weight.

A dark launch is a stage of weight 0: nobody but them gets it.
"""

from fractions import Fraction

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.quantities import format_percentage
from canary_operator.api.rollout import Stage
from canary_operator.api.status import Plan, Run

_WHOLE = Fraction(1)


def matches_at(plan: Plan, weight: Fraction) -> tuple[CanaryMatch, ...]:
    """At 100 % everybody gets it, so no rule of ours is needed."""
    return plan.matches if weight < _WHOLE else ()


def match_service_at(plan: Plan, weight: Fraction) -> str | None:
    """In a dark launch they are all that the canary has, so there they are counted."""
    return plan.match_service if 0 < weight < _WHOLE else None


def bucket_at(plan: Plan, weight: Fraction) -> CanaryBucket | None:
    """At 0 % and at 100 % nobody has to be told apart."""
    return plan.bucket if 0 < weight < _WHOLE else None


def endings(bucket: CanaryBucket, share: Fraction) -> tuple[int, int]:
    """How many of how many last two digits are in the bucket: at least one is, and at least one is not.

    5 % of hexadecimal ids are 13 of 256, which is 5.08 %.
    """
    every = 256 if bucket.ids == "Hexadecimal" else 100
    return max(1, min(every - 1, round(share * every))), every


def how(plan: Plan, weight: Fraction) -> str:
    """What a person has to know of a weight beside its number; empty where chance decides alone."""
    bucket, matches = bucket_at(plan, weight), " and canaryMatches" if matches_at(plan, weight) else ""
    if bucket is None:
        drawn = plan.cookie is not None and 0 < weight < _WHOLE
        kept = f" of users, who keep their version{',' if matches else ''}" if drawn else ""
        return f"{kept}{matches}"
    inside, every = endings(bucket, weight)
    exact = Fraction(inside, every)
    shown = "" if exact == weight else f", {format_percentage(exact)}"
    return f" of users ({inside} of {every} endings of their ids{shown}){matches}"


def carries(run: Run) -> bool:
    """It gets requests by our last word, copies among them."""
    return has_users(run) or run.mirror is not None


def has_users(run: Run) -> bool:
    """Somebody sees what the new revision answers."""
    return run.weight > 0 or run.matched


def is_dark(stage: Stage) -> bool:
    """Nobody but whom a canary match sends there."""
    return stage.load == 0
