"""Weight 0, whatever has become of the rule.

What the canary weighs moves to stable; nothing else is touched, so that a rollback meets as few other writers as can
be. A canary without a destination, or without weight in one, has share 0 already.
"""

from canary_operator.api import reasons
from canary_operator.core.actions import Purpose, SetWeight
from canary_operator.core.world import Problem
from canary_operator.providers.objects import Object
from canary_operator.providers.traffic.istio.destinations import weight, weighted
from canary_operator.providers.traffic.istio.find import choose_by, find
from canary_operator.providers.traffic.istio.problems import stable_missing
from canary_operator.providers.traffic.istio.record import Entry, annotations, read_entry
from canary_operator.providers.traffic.istio.rewrite import with_annotations, with_destinations
from canary_operator.providers.traffic.istio.routes import Split, feeds, read
from canary_operator.providers.traffic.istio.rules import destinations, name_of, places


def drained(live: Object, asked: Split, action: SetWeight) -> Object | Problem:
    """The object with weight 0 and its record; an unreadable record stays as it is, for a person to repair."""
    entry = read_entry(live, asked.rollout)
    if entry is None and isinstance(problem := find(live, asked), Problem):
        if action.purpose is Purpose.STAGE:
            return problem
        if problem.reason == reasons.ROUTE_TAKEN:
            return live
    known = entry if isinstance(entry, Entry) else None
    split, index = choose_by(live, asked, known)
    if isinstance(index, Problem):
        return index if feeds(live, split) else live
    emptied = _emptied(live, index, split)
    if isinstance(emptied, Problem) or isinstance(entry, Problem):
        return emptied
    following = known.after(action, name_of(live, index)) if known else _first(live, emptied, index, asked, action)
    return with_annotations(emptied, annotations(live, asked.rollout, following)) if following else emptied


def _emptied(live: Object, index: int, split: Split) -> Object | Problem:
    """The canary's weight is stable's, on top of what it has."""
    canaries, stables = places(live, index, split.canary), places(live, index, split.stable)
    route = list(destinations(live, index))
    moved = sum(weight(route[place]) for place in canaries)
    if canaries and not stables and (moved or len(route) == 1):
        return stable_missing(live, index, split.stable)
    if not moved:
        return live
    for place in canaries:
        route[place] = weighted(route[place], 0)
    route[stables[0]] = weighted(route[stables[0]], weight(route[stables[0]]) + moved)
    return with_destinations(live, index, route)


def _first(live: Object, emptied: Object, index: int, asked: Split, action: SetWeight) -> Entry | None:
    """A stage begins a record; a rollback without one only where it takes traffic, so that it can be finished."""
    rule = read(live, index, asked)
    if isinstance(rule, Problem) or (emptied is live and action.purpose is not Purpose.STAGE):
        return None
    return Entry.first(rule, name_of(live, index), asked, action)
