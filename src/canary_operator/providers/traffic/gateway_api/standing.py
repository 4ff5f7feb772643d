"""Whether what we inserted still stands, and what share our rules and the split rule make together."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from fractions import Fraction

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.cookies import SET_COOKIE
from canary_operator.providers.traffic.gateway_api.clones import clones, new_revision, service_of
from canary_operator.providers.traffic.gateway_api.cookies import set_in, setting
from canary_operator.providers.traffic.gateway_api.find import Found
from canary_operator.providers.traffic.gateway_api.managed import ours_in
from canary_operator.providers.traffic.gateway_api.mirrors import mirrored_to
from canary_operator.providers.traffic.gateway_api.record import Entry
from canary_operator.providers.traffic.gateway_api.routes import Split, read
from canary_operator.providers.traffic.gateway_api.rules import backends, label, matches, named, rules
from canary_operator.providers.traffic.managed import WHOLE, Managed, bucket_name, of_role


def lost(live: Object, bare: Object, found: Found, entry: Entry | None) -> tuple[str, ...]:
    """What the record knows of, and what is gone or does something else by now: the names of rules, and our cookie.

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
    rest = [str(one["name"]) for one in wanted if not _stands(live, found.split, entry.managed, one, split_at)]
    if not _sets(live, split_at, found.split, entry.managed):
        rest.append(f"{SET_COOKIE} of rule {label(live, split_at)}")
    return tuple(rest)


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
    """Before the split rule, with its tests, its shares and its cookies."""
    name = str(wanted["name"])
    places = named(live, name)
    if len(places) != 1 or places[0] > before:
        return False
    through, alone = replace(split, canary=service_of(name, split, managed)), _alone(live, wanted)
    if matches(live, places[0]) != matches(alone, 0):
        return False
    if _shares(live, places[0], through) != _shares(alone, 0, through):
        return False
    found = rules(live)[places[0]]
    return managed.copies is None or _mirrored(live, found, split, managed) == _mirrored(live, wanted, split, managed)


def _mirrored(live: Object, rule: Object, split: Split, managed: Managed) -> Sequence[Fraction]:
    """Where else its owner sends copies is theirs to say."""
    return mirrored_to(rule, new_revision(split, managed), live["metadata"]["namespace"])


def _alone(live: Object, rule: Object) -> Object:
    return {**live, "spec": {"rules": [rule]}}


def _shares(live: Object, place: int, split: Split) -> Hashable:
    """The canary's share in this rule, and who sets which cookie; the problem where it does nothing of use."""
    found = read(_alone(live, rules(live)[place]), 0, split)
    return found if isinstance(found, Problem) else (found.share, set_in(found.backends))


def _sets(live: Object, place: int, split: Split, managed: Managed) -> bool:
    """The split rule sets the cookies that it should."""
    found = backends(live, place)
    return managed.cookies is None or set_in(found) == set_in(
        setting(found, managed, split, live["metadata"]["namespace"])
    )
