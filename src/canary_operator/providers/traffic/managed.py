"""Rules that are ours altogether: each stands before the rule that is split and is for some requests only.

Their names say whose they are, so that they can be taken away whatever else has become of the route.
"""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Self

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.model import Model
from canary_operator.core.actions import SetWeight
from canary_operator.core.cookies import Cookies, cookies_at
from canary_operator.core.copies import Copies, copies_at
from canary_operator.core.plan import pinned_plan
from canary_operator.ports import Target

WHOLE, NOTHING = Fraction(1), Fraction(0)
_ANY = Fraction(1, 2)
_NAME = re.compile(
    r"canary-operator-(?:match-[0-9]+|bucket|mirror(?:[.][a-z]+)?|cookie-(?:canary|[0-9]+))(?:[.][0-9]+)?-(.+)"
)


class Managed(Model):
    """What they were made from; it stands in the record."""

    matches: tuple[CanaryMatch, ...] = ()
    """Requests that get the new revision whatever the weight is."""
    match_service: str | None = None
    """The Service that those go through, where it is not the canary's."""
    bucket: CanaryBucket | None = None
    """By which number of a user the weight is split."""
    cookies: Cookies | None = None
    """By which users keep what chance gave them."""
    copies: Copies | None = None
    """Requests of which the new revision gets a copy."""
    reversed: bool = False
    """The new revision is behind the stable Service."""

    @classmethod
    def of(cls, action: SetWeight) -> Self | None:
        if not action.matches and all(each is None for each in (action.bucket, action.cookies, action.copies)):
            return None
        return cls(
            matches=action.matches,
            match_service=action.match_service,
            bucket=action.bucket,
            cookies=action.cookies,
            copies=action.copies,
            reversed=action.reversed,
        )


def match_name(rollout: str, number: int, place: int = 0) -> str:
    """`rollout` is namespace/name; a VirtualService has rollouts of its own namespace only.

    `place` is that of the split rule among those that the rollout splits: `match-1.2` stands before the second.
    """
    return f"canary-operator-match-{number}{_of(place)}-{rollout.rpartition('/')[2]}"


def bucket_name(rollout: str, place: int = 0) -> str:
    return f"canary-operator-bucket{_of(place)}-{rollout.rpartition('/')[2]}"


def mirror_name(rollout: str, place: int = 0, *, method: str | None = None) -> str:
    """`method` where it is for that one only: `mirror.get`."""
    of_method = f".{method.lower()}" if method else ""
    return f"canary-operator-mirror{of_method}{_of(place)}-{rollout.rpartition('/')[2]}"


def cookie_rule_name(rollout: str, drawn: str, place: int = 0) -> str:
    """`drawn` is what the users' cookies say: `canary`, or the number of a stage."""
    return f"canary-operator-cookie-{drawn}{_of(place)}-{rollout.rpartition('/')[2]}"


def _of(place: int) -> str:
    return f".{place + 1}" if place else ""


def owner_of(rule: Mapping[str, Any]) -> str | None:
    """The name of the rollout whose rule this is; None for a rule of somebody else."""
    found = _NAME.fullmatch(str(rule.get("name") or ""))
    return found.group(1) if found else None


def by_chance(action: SetWeight) -> Fraction:
    """What the split rule is to give to the canary: behind a bucket nobody is left who gets the new revision."""
    if action.bucket is None:
        return action.weight
    return Fraction(1) if action.reversed else Fraction(0)


def of_role(managed: Managed, share: Fraction) -> Fraction:
    """The new revision's part, where the canary Service has this share; and the other way round."""
    return WHOLE - share if managed.reversed else share


def by_stage(managed: Managed) -> Iterator[Managed]:
    """Copies are for stages of their own, in which there are no other rules of ours."""
    yield managed.model_copy(update={"copies": None})
    if managed.copies is not None:
        yield Managed(copies=managed.copies, reversed=managed.reversed)


def managed_of(target: Target) -> Managed | None:
    """What rules of ours would be made from where they are most; None where none are asked for.

    Cookies have one for each stage before, so that is the last in which anybody is drawn.
    """
    plan = pinned_plan(target.spec)
    last = max((stage.weight for stage in plan.stages if 0 < stage.weight < WHOLE), default=_ANY)
    mirror = next((stage.mirror for stage in plan.stages if stage.mirror is not None), None)
    if not plan.matches and plan.bucket is None and plan.cookie is None and mirror is None:
        return None
    return Managed(
        matches=plan.matches,
        bucket=plan.bucket,
        cookies=cookies_at(plan, "", last),
        copies=copies_at(plan, mirror),
    )
