"""Weight 0, whatever has become of the rules.

What the canary weighs moves to stable; nothing else is touched, so that a rollback meets as few other writers as can
be. A canary without a backend, or without weight in one, has share 0 already.
"""

from collections.abc import Sequence
from functools import partial

from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.annotation import annotations, with_annotations
from canary_operator.providers.traffic.gateway_api.backends import MOST_WEIGHT, weight, weighted
from canary_operator.providers.traffic.gateway_api.find import Chosen, choose_all, find
from canary_operator.providers.traffic.gateway_api.problems import stable_missing
from canary_operator.providers.traffic.gateway_api.record import Entry, Kept, read_entry, taken, with_rest
from canary_operator.providers.traffic.gateway_api.routes import Asked, feeds, read
from canary_operator.providers.traffic.gateway_api.rules import backends, backends_of, name_of, with_backends
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
    return isinstance(one.spot, int) and taken(live, one.split.rollout, one.spot) is not None


def _all_emptied(live: Object, chosen: Sequence[Chosen]) -> tuple[Object, list[Chosen], list[Problem]]:
    after, emptied, problems = in_turn(live, chosen, _emptied)
    return after, emptied, problems + unfound(chosen, partial(feeds, after))


def _emptied(live: Object, one: Chosen) -> Object | Problem:
    """The canary's weight is stable's, on top of what it has.

    Both together may be more than the API takes only where its owner wrote so; then stable gets as much as can be.
    """
    if isinstance(one.spot, Problem):
        return live
    place, split = one.spot, one.split
    canaries, stables = backends_of(live, place, split.canary), backends_of(live, place, split.stable)
    exchanged = list(backends(live, place))
    moved = sum(weight(exchanged[index]) for index in canaries)
    if not moved:
        return live
    if not stables:
        return stable_missing(live, place, split.stable)
    for index in canaries:
        exchanged[index] = weighted(exchanged[index], 0)
    stable = exchanged[stables[0]]
    exchanged[stables[0]] = weighted(stable, min(MOST_WEIGHT, weight(stable) + moved))
    return with_backends(live, place, exchanged)


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
