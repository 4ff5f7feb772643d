"""Rules that are ours altogether: each stands before the rule that is split and is for some requests only.

Their names say whose they are, so that they can be taken away whatever else has become of the route.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

from canary_operator.api.matches import CanaryBucket, CanaryMatch
from canary_operator.api.model import Model
from canary_operator.core.actions import SetWeight
from canary_operator.core.cookies import Cookies
from canary_operator.core.copies import Copies
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.rules import Spot, rules

_NAME = re.compile(r"canary-operator-(?:match-[0-9]+|bucket|mirror|cookie-(?:canary|[0-9]+))(?:[.][0-9]+)?-(.+)")


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


def mirror_name(rollout: str, place: int = 0) -> str:
    return f"canary-operator-mirror{_of(place)}-{rollout.rpartition('/')[2]}"


def cookie_rule_name(rollout: str, drawn: str, place: int = 0) -> str:
    """`drawn` is what the users' cookies say: `canary`, or the number of a stage."""
    return f"canary-operator-cookie-{drawn}{_of(place)}-{rollout.rpartition('/')[2]}"


def _of(place: int) -> str:
    return f".{place + 1}" if place else ""


def owner_of(rule: Mapping[str, Any]) -> str | None:
    """The name of the rollout whose rule this is; None for a rule of somebody else."""
    found = _NAME.fullmatch(str(rule.get("name") or ""))
    return found.group(1) if found else None


def ours_in(live: Object, rollout: str) -> list[tuple[int, Object]]:
    """Our rules with their places."""
    owner = rollout.rpartition("/")[2]
    return [(place, rule) for place, rule in enumerate(rules(live, "http")) if owner_of(rule) == owner]


def without_rules(live: Object, rollout: str) -> Object:
    """The object without them; the same object where there are none."""
    ours = {place for place, _ in ours_in(live, rollout)}
    if not ours:
        return live
    rest = [rule for place, rule in enumerate(rules(live, "http")) if place not in ours]
    return {**live, "spec": {**live["spec"], "http": rest}}


def inserted(live: Object, spot: Spot, ours: Sequence[Object]) -> Object:
    """Directly before the rule at this spot, so that none overtakes an earlier one of the user's."""
    every = rules(live, "http")
    return {**live, "spec": {**live["spec"], "http": [*every[: spot.index], *ours, *every[spot.index :]]}}
