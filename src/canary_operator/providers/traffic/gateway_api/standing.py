"""Whether what we inserted still stands, and what share our rules and the split rule make together."""

from collections.abc import Hashable
from dataclasses import replace
from fractions import Fraction

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.gateway_api.clones import clones, service_of
from canary_operator.providers.traffic.gateway_api.find import Found
from canary_operator.providers.traffic.gateway_api.managed import ours_in
from canary_operator.providers.traffic.gateway_api.record import Entry
from canary_operator.providers.traffic.gateway_api.routes import Split, read
from canary_operator.providers.traffic.gateway_api.rules import matches, named, rules
from canary_operator.providers.traffic.managed import WHOLE, Managed, bucket_name, of_role


def lost(live: Object, bare: Object, found: Found, entry: Entry | None) -> tuple[str, ...]:
    """The names of rules that the record knows of, and that are gone or do something else by now.

    Whatever else the owner changes in the split rule is copied into them by the next write.
    """
    if entry is None or entry.managed is None or found.kept is None:
        return ()
    wanted, ours = (
        clones(bare, found.rule, found.split, entry.managed, entry.weight),
        ours_in(live, found.split.rollout),
    )
    if isinstance(wanted, Problem):
        return tuple(str(rule["name"]) for _, rule in ours)
    split_at = [place for place in range(len(rules(live))) if place not in {place for place, _ in ours}][
        found.rule.place
    ]
    return tuple(str(one["name"]) for one in wanted if not _stands(live, found.split, entry.managed, one, split_at))


def share_of(live: Object, found: Found, share: Fraction, entry: Entry | None) -> Fraction:
    """The canary Service's share of all users, where a bucket takes some of them before the split rule."""
    managed = None if entry is None else entry.managed
    if entry is None or managed is None or managed.bucket is None:
        return share
    if not named(live, bucket_name(found.split.rollout, found.split.place)):
        return share
    taken = of_role(managed, entry.weight)
    return taken * of_role(managed, WHOLE) + (WHOLE - taken) * share


def _stands(live: Object, split: Split, managed: Managed, wanted: Object, before: int) -> bool:
    """Before the split rule, with its tests and its shares."""
    name = str(wanted["name"])
    places = named(live, name)
    if len(places) != 1 or places[0] > before:
        return False
    through, alone = replace(split, canary=service_of(name, split, managed)), _alone(live, wanted)
    same = matches(live, places[0]) == matches(alone, 0)
    return same and _shares(live, places[0], through) == _shares(alone, 0, through)


def _alone(live: Object, rule: Object) -> Object:
    return {**live, "spec": {"rules": [rule]}}


def _shares(live: Object, place: int, split: Split) -> Hashable:
    """The canary's share in this rule; the problem where it does nothing of use."""
    found = read(_alone(live, rules(live)[place]), 0, split)
    return found if isinstance(found, Problem) else found.share
