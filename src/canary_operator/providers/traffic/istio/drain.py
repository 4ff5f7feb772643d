"""Weight 0, whatever has become of the rules.

What the canary weighs moves to stable; nothing else is touched, so that a rollback meets as few other writers as can
be. A canary without a destination, or without weight in one, has share 0 already.
"""

from collections.abc import Sequence
from functools import partial

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import annotations, with_annotations
from canary_operator.providers.traffic.istio.destinations import weight, weighted
from canary_operator.providers.traffic.istio.find import Chosen, choose_all, find
from canary_operator.providers.traffic.istio.holders import taken
from canary_operator.providers.traffic.istio.problems import stable_missing
from canary_operator.providers.traffic.istio.record import Entry, Kept, read_entry, with_rest
from canary_operator.providers.traffic.istio.rewrite import with_destinations
from canary_operator.providers.traffic.istio.routes import Asked, feeds, read
from canary_operator.providers.traffic.istio.rules import Spot, destinations, name_of, places
from canary_operator.providers.traffic.meant import unfound
from canary_operator.providers.traffic.partly import Partly, brought, in_turn, said


def drained(live: Object, asked: Asked, action: SetWeight) -> Object | Partly | Problem:
    """The object with weight 0 and its record; an unreadable record stays as it is, for a person to repair."""
    entry = read_entry(live, asked.rollout)
    if entry is None and action.purpose is Purpose.STAGE and (unusable := _unusable(live, asked)):
        return said(unusable)
    known = entry if isinstance(entry, Entry) else None
    chosen = [one for one in choose_all(live, asked, known) if known or not _is_anothers(live, one)]
    after, emptied, problems = _all_emptied(live, chosen)
    if emptied and not isinstance(entry, Problem):
        after = _noted(live, after, emptied, action, known)
    return brought(live, after, problems)


def _unusable(live: Object, asked: Asked) -> tuple[Problem, ...]:
    return tuple(one for one in find(live, asked) if isinstance(one, Problem))


def _is_anothers(live: Object, one: Chosen) -> bool:
    return isinstance(one.spot, Spot) and taken(live, one.split.rollout, one.spot) is not None


def _all_emptied(live: Object, chosen: Sequence[Chosen]) -> tuple[Object, list[Chosen], list[Problem]]:
    after, emptied, problems = in_turn(live, chosen, _emptied)
    return after, emptied, problems + unfound(chosen, partial(feeds, after))


def _emptied(live: Object, one: Chosen) -> Object | Problem:
    """The canary's weight is stable's, on top of what it has."""
    if isinstance(one.spot, Problem):
        return live
    spot, split = one.spot, one.split
    canaries, stables = places(live, spot, split.canary), places(live, spot, split.stable)
    route = list(destinations(live, spot))
    moved = sum(weight(route[place]) for place in canaries)
    if canaries and not stables and (moved or len(route) == 1):
        return stable_missing(live, spot, split.stable)
    if not moved:
        return live
    for place in canaries:
        route[place] = weighted(route[place], 0)
    route[stables[0]] = weighted(route[stables[0]], weight(route[stables[0]]) + moved)
    return with_destinations(live, spot, route)


def _noted(live: Object, after: Object, emptied: Sequence[Chosen], action: SetWeight, known: Entry | None) -> Object:
    """A stage begins a record; a rollback without one only where it takes traffic, so that it can be finished."""
    if known is None and after is live and action.purpose is not Purpose.STAGE:
        return after
    kept = [found for one in emptied if (found := _kept(live, one)) is not None]
    rollout = emptied[0].split.rollout
    if not kept:
        return after
    return with_annotations(after, annotations(live, rollout, Entry.of(action, with_rest(live, rollout, kept))))


def _kept(live: Object, one: Chosen) -> Kept | None:
    """As its owner wrote it; None where that can't be told."""
    if isinstance(one.spot, Problem):
        return None
    name = name_of(live, one.spot)
    if one.kept is not None:
        return one.kept.after(name, adding=False)
    rule = read(live, one.spot, one.split)
    return None if isinstance(rule, Problem) else Kept.of(rule, name, one.split)
