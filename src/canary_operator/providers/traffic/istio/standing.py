"""Whether what we inserted still stands, and what share our rules and the split rule make together."""

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.cookies import SET_COOKIE
from canary_operator.providers.traffic.istio.clones import address_of, clones, new_revision
from canary_operator.providers.traffic.istio.cookies import set_in, setting
from canary_operator.providers.traffic.istio.find import Found
from canary_operator.providers.traffic.istio.managed import ours_in
from canary_operator.providers.traffic.istio.mirrors import mirrored_to
from canary_operator.providers.traffic.istio.record import Entry
from canary_operator.providers.traffic.istio.routes import Split, read
from canary_operator.providers.traffic.istio.rules import Spot, destinations, rule_at, rules
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
    split_at = _place_in(live, found.rule.spot.index, {place for place, _ in ours})
    rest = [str(one["name"]) for one in wanted if not _stands(live, found.split, entry.managed, one, split_at)]
    if not _sets(live, Spot("http", split_at), found.split, entry.managed):
        rest.append(f"{SET_COOKIE} of http route {found.name or split_at}")
    return tuple(rest)


def share_of(live: Object, found: Found, share: Fraction, entry: Entry | None) -> Fraction:
    """The canary Service's share of all users, where a bucket takes some of them before the split rule."""
    managed = None if entry is None else entry.managed
    if entry is None or managed is None or managed.bucket is None:
        return share
    if not list(_named(live, bucket_name(found.split.rollout, found.split.place))):
        return share
    taken = of_role(managed, entry.weight)
    return taken * of_role(managed, WHOLE) + (WHOLE - taken) * share


def _stands(live: Object, split: Split, managed: Managed, wanted: Object, before: int) -> bool:
    """Before the split rule, with its tests, its shares and its cookies."""
    name = str(wanted["name"])
    places = list(_named(live, name))
    if len(places) != 1 or places[0] > before:
        return False
    found = rule_at(live, Spot("http", places[0]))
    through = replace(split, canary=address_of(name, split, managed))
    if found.get("match") != wanted.get("match") or _split(live, found, through) != _split(live, wanted, through):
        return False
    return managed.copies is None or _mirrored(live, found, split, managed) == _mirrored(live, wanted, split, managed)


def _mirrored(live: Object, rule: Object, split: Split, managed: Managed) -> Sequence[Any]:
    """Where else its owner sends copies is theirs to say."""
    return mirrored_to(rule, new_revision(split, managed), live["metadata"]["namespace"])


def _split(live: Object, rule: Object, split: Split) -> Hashable:
    """What this rule does: the canary's share, and who sets which cookie; the problem where it does nothing of use."""
    alone, spot = {**live, "spec": {"http": [rule]}}, Spot("http", 0)
    found = read(alone, spot, split)
    if isinstance(found, Problem):
        return found
    return found.share, frozenset(set_in(found.destinations, live["metadata"]["namespace"]).items())


def _sets(live: Object, spot: Spot, split: Split, managed: Managed) -> bool:
    """The split rule sets the cookies that it should."""
    route, namespace = destinations(live, spot), live["metadata"]["namespace"]
    if managed.cookies is None:
        return True
    return set_in(route, namespace) == set_in(setting(route, managed, split, namespace), namespace)


def _named(live: Object, name: str) -> Iterator[int]:
    return (place for place, rule in enumerate(rules(live, "http")) if rule.get("name") == name)


def _place_in(live: Object, index: int, ours: Collection[int]) -> int:
    """Where the rule stands whose place is this one without ours."""
    return [place for place in range(len(rules(live, "http"))) if place not in ours][index]
